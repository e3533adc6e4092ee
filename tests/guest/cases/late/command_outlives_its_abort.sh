# SPDX-License-Identifier: GPL-2.0-only
#
# The abort handler reports success while the command still runs. The data of the command, and
# those of a command that follows, are right.

. "$GUEST/faults_lib.sh"

slow_disk late $SCRATCH/late
attach
impatient
delay 10000
read_block &
READ=$!
retry 60 in_flight 1 || fail "no read is under way"
is_aborted()
{
	[ "$(cat "/sys/block/${DISK##*/}/device/iotmo_cnt")" != 0x0 ]
}
retry 60 is_aborted || fail "the read does not time out"
# The midlayer would reuse the memory of the aborted command for this one.
read_block 9 &
OTHER=$!
delay 0
wait $READ || fail "no read"
wait $OTHER || fail "no other read"
unlink "$TPG" || fail "cannot unlink"
is_gone()
{
	[ ! -d "/sys/class/scsi_device/$(cat "$TPG/address"):0" ]
}
retry 60 is_gone || fail "the device stays"
drop_slow_disk
