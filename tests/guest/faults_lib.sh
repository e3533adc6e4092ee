# SPDX-License-Identifier: GPL-2.0-only
#
# A fabric with a SCSI host of its own, for cases: MODULE and FABRIC are its names, WWN
# is a target port, INITIATOR an initiator. To be sourced.

. "$GUEST/lib.sh"

# Number of MiB that are checked after each fault: less where everything is slow.
SIZE=${SIZE:-12}
TPG=$T/$FABRIC/$WWN/tpgt_1
trap end EXIT

# a_disk [MIB]: DISK is that of LUN 0, a RAM disk, of an initiator that is logged in.
a_disk()
{
	ramdisk faults "${1:-32}"
	log_in
}

# log_in: DISK is that of LUN 0, BACKSTORE, of an initiator that is logged in.
log_in()
{
	modprobe "$MODULE" || fail "no module"
	port "$FABRIC" "$WWN" "$INITIATOR"
	link "$TPG" "$BACKSTORE"
	DISK=$(disk "$TPG") || fail "$DISK"
}

# end: of a case that has passed, takes everything away, up to the module.
end()
{
	status=$?
	trap - EXIT
	! has_failed $status || exit $status
	if [ -d "$TPG" ]; then
		[ ! -L "$TPG/lun/lun_0/port" ] || unlink "$TPG" || fail "cannot unlink"
		drop_port "$TPG" || fail "cannot remove the port"
	fi
	[ -z "$BACKSTORE" ] || [ ! -d "$BACKSTORE" ] || drop_backstore "$BACKSTORE"
	[ ! -d "/sys/module/$MODULE" ] || retry 20 rmmod "$MODULE" || fail "cannot unload"
	exit $status
}

# commands: number of commands that DISK has completed.
commands()
{
	awk '{ print $1 + $5 }' "/sys/block/${DISK##*/}/stat"
}

# is_loaded COMMANDS: DISK has completed more than that.
is_loaded()
{
	[ "$(commands)" -gt "$1" ] && ! is_over
}

# load COMMAND...: starts a program that reads and writes DISK until it is ended, and has
# it complete some commands.
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

# stop_load: it must end soon, with whatever status.
stop_load()
{
	retry 120 is_stopped || fail "the load hangs: $(cat /proc/$LOAD/wchan)"
	wait $LOAD || true
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

# read_block [BLOCK]: of 4 KiB.
read_block()
{
	dd if="$DISK" of=/dev/null bs=4k skip="${1:-0}" count=1 iflag=direct 2> $SCRATCH/dd
}

# in_flight COUNT: DISK has this many commands under way.
in_flight()
{
	[ "$(awk '{ print $1 + $2 }' "/sys/block/${DISK##*/}/inflight")" -ge "$1" ]
}

# logged TEXT: number of times that the kernel has logged it. has_logged COUNT TEXT:
# returns true if it has more often.
logged()
{
	dmesg | grep -c "$1"
}

has_logged()
{
	[ "$(logged "$2")" -gt "$1" ]
}

# impatient: commands of DISK time out after a second, and DISK is not given up.
impatient()
{
	echo 1 > "/sys/block/${DISK##*/}/device/timeout"
	echo 1000 | tee /sys/class/scsi_disk/*/max_medium_access_timeouts > /dev/null
}
