# SPDX-License-Identifier: GPL-2.0-only
#
# All tests of libiscsi for a SCSI disk, and the output of other programs, for cases and for
# the host to compare. MODULE and FABRIC are the names of a module. To be sourced.

. "$GUEST/lib.sh"

WWN=iqn.2003-01.org.example.host:target1
INITIATOR=iqn.1994-05.org.example.client:initiator1

# conformance MODULE FABRIC: tests the disk of a fabric.
conformance()
{
	modprobe "$1" || fail "no module"
	ramdisk conformance 64
	port "$2" $WWN $INITIATOR
	link "$TPG" "$BACKSTORE"
	device=$(generic "$TPG") || fail "$device"
	iscsi-test-cu --dataloss -t ALL "$device" < /dev/null 2>&1
	echo "=== tools"
	# Only the relative target port may differ: target core counts it over all fabrics.
	for command in "sg_inq" "sg_vpd -a" "sg_luns" "sg_readcap -l" "sg_rtpg" \
		"sg_modes -a" "sg_opcodes" "sg_persist -c" "sg_turs"; do
		echo "--- $command"
		$command "$device" 2>&1 | sed -e "s:$device:DEVICE:" \
			-e 's/Relative target port.*0x[0-9a-f]*/Relative target port/'
	done
	echo "=== end"
	unlink "$TPG" || fail "cannot unlink"
	drop_port "$TPG" || fail "cannot remove the port"
	drop_backstore "$BACKSTORE"
	rmmod "$1" || fail "cannot unload"
}
