#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# late.sh MODULE FABRIC WWN INITIATOR: a loopback whose handlers say at once that a
# command is aborted, and stay for ten seconds after a reset. Commands, and the
# data of the host, are there all the same for as long as they are in use.

. "${0%/*}/lib.sh"

modprobe "$1" || exit 1

# The device of the LUN that was unlinked is gone.
is_gone()
{
	[ ! -d "/sys/class/scsi_device/$(cat "$TPG/address"):0" ]
}

# has_open PID DEVICE
has_open()
{
	ls -l "/proc/$1/fd" | grep -q " $2\$"
}

echo "--- a command is late, and its abort is said to be done"
port "$2" "$3" "$4"
slow_disk late $SCRATCH/late
link "$TPG" "$BACKSTORE"
DISK=$(disk "$TPG")
echo 1 > "/sys/block/${DISK##*/}/device/timeout"
echo 1000 | tee /sys/class/scsi_disk/*/max_medium_access_timeouts > /dev/null
delay 6000
dd if="$DISK" of=$SCRATCH/read bs=4k count=1 iflag=direct 2> /dev/null &
READ=$!
sleep 3
# Meanwhile the midlayer would use again what it believes to have back.
dd if="$DISK" of=/dev/null bs=4k skip=9 count=1 iflag=direct 2> /dev/null &
OTHER=$!
sleep 0.5
delay 0
wait $READ || fail "no read"
wait $OTHER || fail "no other read"
unlink "$TPG" || fail "cannot unlink"
retry 20 is_gone || fail "the device stays"
drop_slow_disk

echo "--- a host goes while its device is reset"
ramdisk late 1
link "$TPG" "$BACKSTORE"
GENERIC=$(generic "$TPG") || fail "$GENERIC"
sg_reset -d "$GENERIC" &
RESET=$!
retry 20 has_open $RESET "$GENERIC" || fail "no reset"
sleep 0.5
unlink "$TPG" || fail "cannot unlink"
kill -0 $RESET || fail "the reset does not stay"
drop_port "$TPG" || fail "cannot remove the port"
wait $RESET
drop_backstore "$BACKSTORE"
retry 20 rmmod "$1" 2> /dev/null || fail "cannot unload"
echo "--- complete"
