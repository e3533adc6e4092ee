# SPDX-License-Identifier: GPL-2.0-only
#
# A load on the block device DISK, for cases, and its state. To be sourced after lib.sh.

# commands: prints the number of completed commands of DISK.
commands()
{
	awk '{ print $1 + $5 }' "/sys/block/${DISK##*/}/stat"
}

# is_loaded COMMANDS: returns true if the load runs and DISK has completed more commands.
is_loaded()
{
	[ "$(commands)" -gt "$1" ] && ! is_over
}

# load COMMAND...: starts a program that reads and writes DISK until it is killed, and
# waits for some completed commands.
load()
{
	done_before=$(commands)
	"$@" > $SCRATCH/load 2>&1 &
	LOAD=$!
	retry 120 is_loaded $((done_before + 20)) || fail "no load: $(cat $SCRATCH/load)"
}

is_over()
{
	! kill -0 $LOAD 2> /dev/null
}

# stop_load: kills the load, which must end soon, with any status.
stop_load()
{
	retry 120 is_stopped || fail "the load hangs: $(cat /proc/$LOAD/wchan)"
	wait $LOAD || true
}

is_stopped()
{
	! kill -TERM $LOAD 2> /dev/null
}

# fails COMMAND...: returns true if the command fails.
fails()
{
	! "$@" 2> /dev/null
}

# read_block [BLOCK]: reads a block of 4 KiB.
read_block()
{
	dd if="$DISK" of=/dev/null bs=4k skip="${1:-0}" count=1 iflag=direct 2> $SCRATCH/dd
}

# in_flight COUNT: returns true if DISK has at least COUNT commands in flight.
in_flight()
{
	[ "$(awk '{ print $1 + $2 }' "/sys/block/${DISK##*/}/inflight")" -ge "$1" ]
}

# logged TEXT: prints the number of lines with TEXT in the kernel's log. has_logged COUNT
# TEXT: returns true if it is above COUNT.
logged()
{
	dmesg | grep -c "$1"
}

has_logged()
{
	[ "$(logged "$2")" -gt "$1" ]
}

# impatient: makes commands of DISK time out after a second, without taking DISK offline.
impatient()
{
	echo 1 > "/sys/block/${DISK##*/}/device/timeout"
	echo 1000 | tee /sys/class/scsi_disk/*/max_medium_access_timeouts > /dev/null
}
