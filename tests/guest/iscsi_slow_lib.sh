# SPDX-License-Identifier: GPL-2.0-only
#
# An iSCSI target with a slow backstore, for cases. The backstore writes through, LIO's
# default, and so blocks the thread of the connection. To be sourced.

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

# a_node_acl: creates ACL, a node ACL for the client with LUN 0.
a_node_acl()
{
	ACL=$TPG/acls/$NAME:test
	mkdir "$ACL" && mkdir "$ACL/lun_0" && ln -s "$TPG/lun/lun_0" "$ACL/lun_0/lun" ||
		fail "no node ACL"
}

# end: after a case that has passed, removes everything and unloads the module.
end()
{
	status=$?
	trap - EXIT
	! has_failed $status || exit $status
	slow_writes 0
	if [ -n "$ACL" ]; then
		rm "$ACL/lun_0/lun" && rmdir "$ACL/lun_0" "$ACL" || fail "cannot remove the node ACL"
	fi
	no_target "$MODULE" "$FABRIC"
	retry 30 dmsetup remove slow && losetup -d "$LOOP" || fail "the slow device is in use"
	exit $status
}
