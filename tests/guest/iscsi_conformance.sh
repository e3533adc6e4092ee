#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# iscsi_conformance.sh MODULE FABRIC [TESTS]: runs all that libiscsi tests of an
# iSCSI target on the kernel's iscsi_target_mod and then on the fabric, with one
# backstore and the same name. Shows both, for the host to compare. With TESTS,
# those alone, on the fabric alone.

. "${0%/*}/lib.sh"
. "${0%/*}/iscsi_lib.sh"

WWN=iqn.2003-01.org.example.host:target1

# run FABRIC PORT WHOSE TESTS
run()
{
	target "$1" $WWN 127.0.0.1:"$2"
	link "$TPG" "$BACKSTORE"
	echo 1 > "$TPG/enable" || fail "cannot enable"
	echo "=== conformance $3"
	iscsi-test-cu --dataloss -t "$4" \
		iscsi://127.0.0.1:"$2"/$WWN/0 < /dev/null 2>&1
	echo "=== end"
	drop_target "$TPG"
}

modprobe iscsi_target_mod || exit 1
modprobe "$1" || exit 1
ramdisk conformance 64
[ -n "$3" ] || run iscsi 3260 peer ALL
run "$2" 3261 ours "${3:-ALL}"
drop_backstore "$BACKSTORE"
rmdir "$T/$2" || fail "cannot remove the fabric"
retry 5 rmmod "$1" || fail "cannot unload"
echo "--- complete"
