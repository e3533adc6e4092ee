# SPDX-License-Identifier: GPL-2.0-only
#
# The fabric `hold` for cases: its module KO holds commands for user space. To be
# sourced. MISUSE is the harness's program of that name, ROUNDS a number of rounds.

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

# portal_group: enabled, with a RAM disk as LUN 0. two_sessions: with initiators A and B
# logged in to it, whose sessions have the numbers a and b.
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

# end: of a case that has passed, takes everything away, and nothing may use the module.
# Of one that has not, shows the commands.
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

# each_allocation WORDS...: the program's call, with each allocation failing.
each_allocation()
{
	"$MISUSE" "$@"
}

# tell ATTRIBUTE WORDS...
tell()
{
	file=$TPG/$1
	shift
	echo "$*" > "$file"
}

# must TEXT COMMAND...
must()
{
	what=$1
	shift
	"$@" || fail "$what: $*"
}

# refused COMMAND...
refused()
{
	! "$@" 2> /dev/null || fail "not refused: $*"
}

# result TAG TEXT: the end of a command. ended TAG: returns true if it has one.
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

# log_in NAME: SESSION is its number.
log_in()
{
	must "login" tell login "$1"
	SESSION=$(sed -n '$s/ .*//p' $TPG/login)
}

# log_out_all: every session.
log_out_all()
{
	for session in $(sed 's/ .*//' $TPG/login); do
		tell logout "$session" 2> /dev/null
	done
}
