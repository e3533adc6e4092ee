# SPDX-License-Identifier: GPL-2.0-only
#
# Commands of a slow backstore are aborted, the LUN is reset, and the disk recovers.

. "$GUEST/faults_lib.sh"

slow_disk faults $SCRATCH/slow
attach
impatient
delay 5000
aborts=$(logged 'ABORT_TASK: Found referenced')
# The read times out before it is complete: it is aborted and retried.
read_block &
READ=$!
retry 60 has_logged "$aborts" 'ABORT_TASK: Found referenced' || fail "no abort"
# Reset the LUN while other commands are in flight.
read_block 9 &
OTHER=$!
retry 60 in_flight 1 || fail "no read is under way"
resets=$(logged 'device reset occurred')
sg_reset -d "$(generic "$TPG")" || echo "sg_reset: error recovery is under way"
delay 0
wait $READ
wait $OTHER
# Target core reports the reset with the next command.
is_reset()
{
	read_block
	has_logged "$resets" 'device reset occurred'
}
retry 60 is_reset || fail "no reset"
echo 30 > "/sys/block/${DISK##*/}/device/timeout"
retry 60 read_block || fail "no read: $(cat "/sys/block/${DISK##*/}/device/state")"
verified_io "$DISK" "$SIZE"
unlink "$TPG" || fail "cannot unlink"
drop_slow_disk
