# SPDX-License-Identifier: GPL-2.0-only
#
# An iSCSI target with a slow backstore, for cases. Without a write cache, the default of LIO,
# a write blocks the thread of the connection. To be sourced.

. "$GUEST/iscsi_case_lib.sh"

# a_slow_target: creates TPG in demo mode without authentication.
a_slow_target()
{
	dd if=/dev/zero of=$SCRATCH/slow bs=1M count=16 2> /dev/null
	LOOP=$(losetup -f --show $SCRATCH/slow) || fail "no loop device"
	modprobe dm-delay || fail "no dm-delay"
	echo "0 32768 delay $LOOP 0 0" | dmsetup create slow || fail "no delayed device"
	dmsetup mknodes
	modprobe "$MODULE" || fail "no module"
	file_disk slow /dev/mapper/slow 16
	target "$FABRIC" $WWN $V4
	link "$TPG" "$BACKSTORE"
	echo 1 > "$TPG/enable" || fail "cannot enable"
}

# slow_writes MILLISECONDS: sets the duration of a write.
slow_writes()
{
	dmsetup suspend slow &&
		echo "0 32768 delay $LOOP 0 0 $LOOP 0 $1" | dmsetup load slow &&
		dmsetup resume slow || fail "no delay"
}

# end: after a case that has passed, removes everything and unloads the module.
end()
{
	status=$?
	trap - EXIT
	! has_failed $status || exit $status
	slow_writes 0
	[ -z "$ACL" ] || drop_node_acl "$ACL"
	no_target "$MODULE" "$FABRIC"
	retry 30 dmsetup remove slow && losetup -d "$LOOP" || fail "the slow device is in use"
	exit $status
}
