# SPDX-License-Identifier: GPL-2.0-only
#
# The fabric `interrupt` for cases. To be sourced.

. "$GUEST/lib.sh"

FABRIC=$T/interrupt
PORT=$FABRIC/naa.5001405000000001
TPG=$PORT/tpgt_1
A=naa.5001405000000aaa

mkdir -p /var/target/pr /etc/target
trap end EXIT

# portal_group: creates a portal group with a RAM disk as LUN 0.
portal_group()
{
	modprobe tcm_interrupt && mkdir -p $TPG || fail "no portal group"
	ramdisk interrupt 4
	link $TPG "$BACKSTORE"
}

# nexus DEPTH: logs an initiator in, to a session with DEPTH tags.
nexus()
{
	tell nexus "$A $1 999" || fail "no nexus with $1 tags"
}

# tell ATTRIBUTE WORDS...: writes WORDS to an attribute of the portal group.
tell()
{
	file=$TPG/$1
	shift
	echo "$*" > "$file"
}

refused()
{
	! "$@" 2> /dev/null || fail "not refused: $*"
}

# want NAME NUMBER: waits until a number of the state has this value.
want()
{
	retry 20 grep -qx "$1 $2" $TPG/state ||
		fail "want $1 $2; it is $(grep "^$1 " $TPG/state)"
}

end()
{
	status=$?
	trap - EXIT
	if has_failed $status; then
		cat $TPG/state
		exit $status
	fi
	[ ! -d $TPG ] || ! [ -L $TPG/lun/lun_0/port ] || unlink $TPG || fail "cannot unlink"
	[ ! -d $TPG ] || rmdir $TPG || fail "cannot remove the portal group"
	[ -z "$BACKSTORE" ] || [ ! -d "$BACKSTORE" ] || drop_backstore "$BACKSTORE"
	[ ! -d $PORT ] || rmdir $PORT
	[ ! -d $FABRIC ] || rmdir $FABRIC
	rmmod tcm_interrupt || fail "the module is in use"
	exit $status
}
