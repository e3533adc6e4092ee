# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of libiscsi for an iSCSI target, for cases. TESTS selects them, and the host reads
# their output. To be sourced.

. "$GUEST/lib.sh"
. "$GUEST/iscsi_lib.sh"

WWN=iqn.2003-01.org.example.host:target1

# libiscsi_tests MODULE FABRIC PORT: tests a target of the fabric.
libiscsi_tests()
{
	modprobe "$1" || fail "no module $1"
	ramdisk conformance 64
	target "$2" $WWN 127.0.0.1:"$3"
	link "$TPG" "$BACKSTORE"
	echo 1 > "$TPG/enable" || fail "cannot enable"
	iscsi-test-cu --dataloss -t "$TESTS" iscsi://127.0.0.1:"$3"/$WWN/0 < /dev/null 2>&1
	drop_target "$TPG"
	drop_backstore "$BACKSTORE"
	rmdir "$T/$2" || fail "cannot remove the fabric"
	retry 5 rmmod "$1" || fail "cannot unload"
}
