# SPDX-License-Identifier: GPL-2.0-only
#
# A loopback fabric for cases on data, named MODULE and FABRIC, with the target port WWN and
# the initiator INITIATOR. MIB megabytes are written. To be sourced.

. "$GUEST/lib.sh"

trap end EXIT

# a_disk MIB: creates TPG with a RAM disk, with protection information if PROTECTION is 1.
# DISK is its block device.
a_disk()
{
	ramdisk io "$1"
	[ "$PROTECTION" != 1 ] || echo 1 > "$BACKSTORE/attrib/pi_prot_type" ||
		fail "no protection information"
	attach
}

# end: after a case that has passed, removes everything and unloads the module.
end()
{
	status=$?
	trap - EXIT
	! has_failed $status || exit $status
	[ -z "$TPG" ] || no_disk
	exit $status
}

no_disk()
{
	unlink "$TPG" || fail "cannot unlink"
	drop_port "$TPG" || fail "cannot remove the port"
	drop_backstore "$BACKSTORE"
	rmmod "$MODULE" || fail "cannot unload"
}
