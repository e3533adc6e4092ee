# SPDX-License-Identifier: GPL-2.0-only
#
# Another nexus resets the LUN while a read of a slow backstore is under way through BOT, without
# TASK ABORTED. The initiator recovers, and the disk works. The kernel's function dereferences NULL.

. "$GUEST/gadget_lib.sh"

slow_disk slow $SCRATCH/slow
echo 0 > "$BACKSTORE/attrib/emulate_tas" || fail "no attribute"
modprobe tcm_loop || fail "no other fabric"
port loopback naa.6001405000000009 naa.600140500000000a
LOOP_TPG=$TPG
link "$LOOP_TPG" "$BACKSTORE"
OTHER=$(generic "$LOOP_TPG") || fail "$OTHER"
controllers bot
gadget 0 "$MODULE" "$FABRIC" "$FUNCTION"
plug 0
usb_disk 0
impatient
delay 3000
# Neither may hold the output of a case that has failed.
read_block 9 > /dev/null 2>&1 &
READ=$!
retry 60 in_flight 1 || fail "no read is under way"
sg_reset -d "$OTHER" > /dev/null 2>&1 &
RESET=$!
is_reset()
{
	! kill -0 $RESET 2> /dev/null
}
retry 30 is_reset || fail "the reset hangs"
wait $RESET || fail "no reset"
delay 0
wait $READ
retry 60 read_block || fail "no read: $(cat $SCRATCH/dd)"
verified 1
drop_gadget 0
unlink "$LOOP_TPG" && drop_port "$LOOP_TPG" || fail "cannot remove the other port"
drop_slow_disk
