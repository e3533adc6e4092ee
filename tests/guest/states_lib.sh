# SPDX-License-Identifier: GPL-2.0-only
#
# The fabric `hold` for cases: its module KO holds commands for user space. MISUSE is the
# program of that name, ROUNDS a number of rounds. To be sourced.

. "$GUEST/lib.sh"

FABRIC=$T/hold
PORT=$FABRIC/naa.5001405000000001
TPG=$PORT/tpgt_1
A=naa.5001405000000aaa
B=naa.5001405000000bbb

READ=28000000000000000100
WRITE=2a000000000000000100
TUR=000000000000

mkdir -p /var/target/pr /etc/target
trap end EXIT

# portal_group: creates an enabled portal group with a RAM disk as LUN 0. two_sessions:
# also logs initiators A and B in, whose sessions have the numbers a and b.
portal_group()
{
	modprobe tcm_hold && mkdir -p $TPG || fail "no portal group"
	ramdisk hold 4
	link $TPG "$BACKSTORE"
	echo 1 > $TPG/enable || fail "cannot enable"
}

two_sessions()
{
	portal_group
	log_in $A
	a=$SESSION
	log_in $B
	b=$SESSION
}

# end: after a case that has passed, removes everything, after which the module must be
# unused. After one that has failed, shows the commands.
end()
{
	status=$?
	trap - EXIT
	if has_failed $status; then
		tail $TPG/held $TPG/results $TPG/login
		exit $status
	fi
	[ ! -d $FABRIC ] || take_away || fail "cannot take the fabric away"
	users=/sys/module/tcm_hold/refcnt
	[ ! -e $users ] || [ "$(cat $users)" -eq 0 ] || fail "the module is in use"
	exit $status
}

take_away()
{
	if [ -d $TPG ]; then
		[ ! -L $TPG/lun/lun_0/port ] || unlink $TPG || return
		rmdir $TPG || return
	fi
	[ -z "$BACKSTORE" ] || [ ! -d "$BACKSTORE" ] || drop_backstore "$BACKSTORE"
	[ ! -d $PORT ] || rmdir $PORT || return
	rmdir $FABRIC
}

# each_allocation WORDS...: runs a call of MISUSE with each allocation failing once.
each_allocation()
{
	"$MISUSE" "$@"
}

# tell ATTRIBUTE WORDS...: writes WORDS to an attribute of the portal group.
tell()
{
	file=$TPG/$1
	shift
	echo "$*" > "$file"
}

# must TEXT COMMAND...: fails with TEXT if the command fails.
must()
{
	what=$1
	shift
	"$@" || fail "$what: $*"
}

# refused COMMAND...: fails if the command succeeds.
refused()
{
	! "$@" 2> /dev/null || fail "not refused: $*"
}

# result TAG TEXT: waits for the result of a command. ended TAG: returns true if it has one.
result()
{
	retry 20 grep -q "^$1 $2" $TPG/results || fail "$1: want $2"
}

ended()
{
	grep -q "^$1 " $TPG/results
}

held()
{
	retry 20 is_held "$*" || fail "not held: $*"
}

is_held()
{
	grep -q "^$1" $TPG/held
}

aborted()
{
	sed -n 's/^aborted \([0-9]*\).*/\1/p' $TPG/held
}

# log_in NAME: logs an initiator in. SESSION is the number of the session.
log_in()
{
	must "login" tell login "$1"
	SESSION=$(sed -n '$s/ .*//p' $TPG/login)
}

# log_out_all: logs all sessions out.
log_out_all()
{
	for session in $(sed 's/ .*//' $TPG/login); do
		tell logout "$session" 2> /dev/null
	done
}
