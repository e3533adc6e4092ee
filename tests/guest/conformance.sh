#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# conformance.sh MODULE FABRIC: runs all that libiscsi tests of a SCSI disk on
# the kernel's tcm_loop and then on the fabric, with one backstore, the same
# port names and the same initiator. Shows both, for the host to compare.

. "${0%/*}/lib.sh"

WWN=iqn.2003-01.org.example.host:target1
INITIATOR=iqn.1994-05.org.example.client:initiator1

# run FABRIC
run()
{
	port "$1" $WWN $INITIATOR
	link "$TPG" "$BACKSTORE"
	device=$(generic "$TPG")
	echo "=== conformance $1"
	iscsi-test-cu --dataloss -t ALL "$device" < /dev/null 2>&1
	echo "=== tools $1"
	# The number that target core counts through all fabrics differs; nothing else may.
	for command in "sg_inq" "sg_vpd -a" "sg_luns" "sg_readcap -l" "sg_rtpg" \
		"sg_modes -a" "sg_opcodes" "sg_persist -c" "sg_turs"; do
		echo "--- $command"
		$command "$device" 2>&1 | sed -e "s:$device:DEVICE:" \
			-e 's/Relative target port.*0x[0-9a-f]*/Relative target port/'
	done
	unlink "$TPG" || fail "cannot unlink"
	drop_port "$TPG" || fail "cannot remove the port"
}

modprobe tcm_loop || exit 1
modprobe "$1" || exit 1
ramdisk conformance 64
run loopback
run "$2"
echo "=== end"
drop_backstore "$BACKSTORE"
rmmod "$1" || fail "cannot unload"
