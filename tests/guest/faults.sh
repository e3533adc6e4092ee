#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# faults.sh MODULE FABRIC WWN INITIATOR ROUNDS TOOL: what goes wrong in a target's
# life, under load: whatever happens, data that were acknowledged are there,
# nothing hangs, and all can be taken away. For a kernel with checkers. TOOL is
# configfs-rounds, for calls that fail one by one; MISUSE, if it is set, misuse.

. "${0%/*}/lib.sh"

MODULE=$1
FABRIC=$2
WWN=$3
INITIATOR=$4
ROUNDS=$5
TOOL=$6
# How many MiB are checked after each fault: less where everything is slow.
SIZE=${SIZE:-12}
LOAD=

# section TEXT: what is tried next, and when in the guest's life.
section()
{
	echo "--- $1 ($(cut -d. -f1 /proc/uptime) s)"
}

# is_loaded STAT: commands are under way that were not when STAT was noted.
is_loaded()
{
	[ "$(cut -c1-40 "/sys/block/${DISK##*/}/stat")" != "$1" ] && ! is_over
}

# load COMMAND...: starts what reads and writes DISK until it is told to stop.
load()
{
	stat=$(cut -c1-40 "/sys/block/${DISK##*/}/stat")
	"$@" > $SCRATCH/load 2>&1 &
	LOAD=$!
	retry 60 is_loaded "$stat" || fail "no load: $(cat $SCRATCH/load)"
}

is_over()
{
	! kill -0 $LOAD 2> /dev/null
}

# stop_load: it must end soon.
stop_load()
{
	retry 60 is_stopped || fail "the load hangs: $(cat /proc/$LOAD/stack)"
	wait $LOAD
}

is_stopped()
{
	! kill -TERM $LOAD 2> /dev/null
}

# fails COMMAND...
fails()
{
	! "$@" 2> /dev/null
}

# memory_fails: while there is a load. Needs CONFIG_FAILSLAB.
memory_fails()
{
	allocations_fail
	# The load, and the workers that target core and the block layer have.
	workers=$(grep -l '^kworker\|^scsi_eh' /proc/[0-9]*/comm)
	for comm in $workers; do echo 1 > "${comm%comm}make-it-fail"; done 2> /dev/null
	# Errors are allowed, but not without end.
	load insistent "$DISK" 24
	for task in /proc/$LOAD/task/*; do echo 1 > "$task/make-it-fail"; done
	times=$(cat $F/times)
	echo -1 > $F/times
	sleep 10
	echo 0 > $F/probability
	for comm in $workers; do echo 0 > "${comm%comm}make-it-fail"; done 2> /dev/null
	stop_load
	echo "$times" > $F/times
}

section "the wire is cut"
modprobe "$MODULE" || exit 1
ramdisk faults 32
port "$FABRIC" "$WWN" "$INITIATOR"
link "$TPG" "$BACKSTORE"
DISK=$(disk "$TPG")
verified_io "$DISK" "$SIZE"
for engine in psync io_uring; do
	load busy "$DISK" 24 $engine
	sleep 1
	echo offline > "$TPG/transport_status"
	[ "$(cat "$TPG/transport_status")" = offline ] || fail "not offline"
	! dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct 2> $SCRATCH/dd ||
		fail "a read in spite of that: $(cat $SCRATCH/dd "/sys/block/${DISK##*/}/size")"
	stop_load
	echo online > "$TPG/transport_status"
	# The first command is told of the loss of the nexus, and tried again.
	retry 20 dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct 2> /dev/null || fail "no read"
	verified_io "$DISK" "$SIZE"
done

section "what is in use stays"
load busy "$DISK" 24 io_uring
sleep 1
fails rmdir "$TPG" || fail "the portal group went"
fails rmdir "${TPG%/*}" || fail "the target port went"
fails rmmod "$MODULE" || fail "the module went"
(echo NULL > "$TPG/nexus") 2> /dev/null && fail "the nexus went"
is_over && fail "the load has ended: $(cat $SCRATCH/load)"
stop_load

section "the LUN goes"
for engine in psync io_uring; do
	load busy "$DISK" 24 $engine
	sleep 1
	unlink "$TPG" || fail "cannot unlink"
	# It finds the device gone, and ends by itself.
	retry 60 is_over || fail "the load hangs: $(cat /proc/$LOAD/stack)"
	[ -e "$DISK" ] && fail "$DISK is still there"
	link "$TPG" "$BACKSTORE"
	DISK=$(disk "$TPG")
	verified_io "$DISK" "$SIZE"
done

section "all goes while the disk is open"
exec 9< "$DISK"
unlink "$TPG" || fail "cannot unlink"
drop_port "$TPG" || fail "cannot remove the port"
fails rmmod "$MODULE" || fail "the module went"
exec 9<&-
retry 20 rmmod "$MODULE" 2> /dev/null || fail "cannot unload"

section "the nexus comes after the LUN"
modprobe "$MODULE" || exit 1
TPG=$T/$FABRIC/$WWN/tpgt_1
mkdir -p "$TPG" || fail "no port"
link "$TPG" "$BACKSTORE"
[ -d "/sys/class/scsi_device/$(cat "$TPG/address"):0" ] && fail "a disk without a nexus"
fails cat "$TPG/nexus" || fail "a nexus from nowhere"
echo "$INITIATOR" > "$TPG/nexus" || fail "no nexus"
[ "$(cat "$TPG/nexus")" = "$INITIATOR" ] || fail "another nexus"
(echo "$INITIATOR" > "$TPG/nexus") 2> /dev/null && fail "a second nexus"
DISK=$(disk "$TPG")
verified_io "$DISK" "$SIZE"

section "the node ACL goes"
unlink "$TPG" || fail "cannot unlink"
echo NULL > "$TPG/nexus" || fail "cannot log out"
mkdir "$TPG/acls/$INITIATOR" || fail "no node ACL"
link "$TPG" "$BACKSTORE"
mkdir "$TPG/acls/$INITIATOR/lun_0" || fail "no mapped LUN"
ln -s "$TPG/lun/lun_0" "$TPG/acls/$INITIATOR/lun_0/lun_0" || fail "no mapped LUN"
echo 0 > "$TPG/acls/$INITIATOR/lun_0/write_protect"
echo "$INITIATOR" > "$TPG/nexus" || fail "no nexus"
DISK=$(disk "$TPG")
verified_io "$DISK" "$SIZE"
load busy "$DISK" 24 io_uring
sleep 1
rm "$TPG/acls/$INITIATOR/lun_0/lun_0" || fail "mapped LUN"
rmdir "$TPG/acls/$INITIATOR/lun_0" || fail "mapped LUN"
rmdir "$TPG/acls/$INITIATOR" || fail "node ACL"
fails cat "$TPG/nexus" || fail "the nexus outlives its node ACL"
stop_load
unlink "$TPG" || fail "cannot unlink"

section "memory fails"
echo "$INITIATOR" > "$TPG/nexus" || fail "no nexus"
link "$TPG" "$BACKSTORE"
DISK=$(disk "$TPG")
[ -d $F ] && memory_fails
verified_io "$DISK" "$SIZE"
unlink "$TPG" || fail "cannot unlink"
drop_backstore "$BACKSTORE"

section "the backstore is full"
mkdir -p $SCRATCH/small
mount -t tmpfs -o size=8m none $SCRATCH/small || fail "no tmpfs"
file_disk faults $SCRATCH/small/file 32
link "$TPG" "$BACKSTORE"
DISK=$(disk "$TPG")
dd if=/dev/urandom of=$SCRATCH/random bs=1M count=4 2> /dev/null
dd if=$SCRATCH/random of="$DISK" bs=64k oflag=direct 2> /dev/null || fail "a write that fits"
fails dd if=/dev/zero of="$DISK" bs=64k seek=64 count=300 oflag=direct || fail "no error"
dd if="$DISK" bs=64k count=64 iflag=direct 2> /dev/null | cmp - $SCRATCH/random || fail "data differ"
unlink "$TPG" || fail "cannot unlink"
drop_backstore "$BACKSTORE"
umount $SCRATCH/small || fail "the file is in use"

section "the backstore is slow"
slow_disk faults $SCRATCH/slow
link "$TPG" "$BACKSTORE"
DISK=$(disk "$TPG")
echo 1 > "/sys/block/${DISK##*/}/device/timeout"
# The disk is not to be given up for being slow.
echo 1000 | tee /sys/class/scsi_disk/*/max_medium_access_timeouts > /dev/null
delay 5000
dmesg -C
# The time of the read is over long before it is done: it is aborted, and tried again.
dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct 2> /dev/null &
READ=$!
sleep 9
dmesg | grep -q 'ABORT_TASK: Found referenced' || fail "no abort"
# While others are under way, the logical unit is reset.
dd if="$DISK" of=/dev/null bs=4k skip=9 count=1 iflag=direct 2> /dev/null &
OTHER=$!
sleep 0.5
sg_reset -d "$(generic "$TPG")" || echo "sg_reset: error recovery is under way"
delay 0
wait $READ
wait $OTHER
# Target core tells the initiator of the reset with the next command.
retry 20 sh -c "dd if='$DISK' of=/dev/null bs=4k count=1 iflag=direct 2> /dev/null
	dmesg | grep -q 'device reset occurred'" || fail "no reset"
echo 30 > "/sys/block/${DISK##*/}/device/timeout"
retry 60 dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct 2> /dev/null ||
	fail "no read after the resets: $(cat "/sys/block/${DISK##*/}/device/state")"
verified_io "$DISK" "$SIZE"
unlink "$TPG" || fail "cannot unlink"
drop_slow_disk

section "links come and go"
ramdisk faults 1
"$TOOL" links "$TPG" "$BACKSTORE" "$ROUNDS" || fail "links"
link "$TPG" "$BACKSTORE"
verified_io "$(disk "$TPG")" 1
if [ -n "$MISUSE" ]; then
	texts "$TPG"
	echo 0 > "$TPG/lun/lun_0/alua_tg_pt_offline"
fi
unlink "$TPG" || fail "cannot unlink"
drop_backstore "$BACKSTORE"
drop_port "$TPG" || fail "cannot remove the port"

section "memory fails while all is made"
mkdir "$T/$FABRIC" || fail "no fabric"
ramdisk faults 1
if [ -d $F ]; then
	echo 10 > $F/probability
	echo -1 > $F/times
	"$TOOL" faults "$T/$FABRIC" "$WWN" "$INITIATOR" "$BACKSTORE" 50 || fail "rounds"
	echo 0 > $F/probability
fi
drop_backstore "$BACKSTORE"
rmdir "$T/$FABRIC" && rmmod "$MODULE" || fail "cannot unload"
echo "--- complete"
