# SPDX-License-Identifier: GPL-2.0-only
#
# A loopback fabric for cases, named MODULE and FABRIC, with the target port WWN and the
# initiator INITIATOR. To be sourced.

. "$GUEST/lib.sh"
. "$GUEST/load_lib.sh"

# MiB to verify after each fault, fewer on a slow kernel.
SIZE=${SIZE:-12}
TPG=$T/$FABRIC/$WWN/tpgt_1
trap end EXIT

# a_disk [MIB]: attaches a RAM disk. DISK is its block device.
a_disk()
{
	ramdisk faults "${1:-32}"
	attach
}

# end: after a case that has passed, removes everything and unloads the module.
end()
{
	status=$?
	trap - EXIT
	! has_failed $status || exit $status
	if [ -d "$TPG" ]; then
		[ ! -L "$TPG/lun/lun_0/port" ] || unlink "$TPG" || fail "cannot unlink"
		drop_port "$TPG" || fail "cannot remove the port"
	fi
	[ -z "$BACKSTORE" ] || [ ! -d "$BACKSTORE" ] || drop_backstore "$BACKSTORE"
	[ ! -d "/sys/module/$MODULE" ] || retry 20 rmmod "$MODULE" || fail "cannot unload"
	exit $status
}
