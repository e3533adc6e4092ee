#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# reservations.sh MODULE FABRIC WWN INITIATOR...: registers each initiator in
# turn, reserves, and reads the full status: target core's own TransportIDs,
# for the host to compare.

. "${0%/*}/lib.sh"

modprobe "$1" || exit 1
FABRIC=$2
WWN=$3
shift 3
ramdisk "$FABRIC" 4
for initiator in "$@"; do
	port "$FABRIC" "$WWN" "$initiator"
	link "$TPG" "$BACKSTORE"
	device=$(generic "$TPG")
	sg_persist -o -G -S 0x1234 "$device" > $SCRATCH/persist 2>&1 || fail "register $initiator: $(cat $SCRATCH/persist)"
	sg_persist -o -R -K 0x1234 -T 5 "$device" > $SCRATCH/persist 2>&1 || fail "reserve $initiator"
	echo "--- $(cat "$TPG/nexus")"
	# Read full status, 4 KiB, as hexadecimal digits.
	sg_raw -r 4096 "$device" 5e 03 0 0 0 0 0 10 0 0 -o $SCRATCH/status 2> /dev/null ||
		fail "read full status $initiator"
	od -An -v -tx1 $SCRATCH/status | tr -d ' \n'
	echo
	sg_persist -o -C -K 0x1234 "$device" > $SCRATCH/persist 2>&1 || fail "clear $initiator"
	unlink "$TPG" || fail "cannot unlink"
	echo NULL > "$TPG/nexus" || fail "cannot log out $initiator"
done
drop_port "$TPG" || fail "cannot remove the port"
drop_backstore "$BACKSTORE"
rmmod "tcm_$FABRIC" || fail "cannot unload"
echo "--- end"
