# SPDX-License-Identifier: GPL-2.0-only
#
# Shared functions for backstores, ports and disks on a loopback fabric: the kernel's
# tcm_loop, or a module generated with --data-path loopback. To be sourced, with sh.

T=/sys/kernel/config/target
F=/sys/kernel/debug/failslab
SCRATCH=/tmp/tcm-guest
mkdir -p $SCRATCH
modprobe target_core_mod || exit 1

# fail TEXT: prints the fault, and ends the script.
fail()
{
	echo "FAILED: $*"
	exit 1
}

# skip TEXT: ends a case that cannot run. has_failed STATUS: returns true if a case has
# neither passed nor been skipped.
SKIPPED=4

skip()
{
	echo "$*"
	exit $SKIPPED
}

has_failed()
{
	[ "$1" -ne 0 ] && [ "$1" -ne $SKIPPED ]
}

# need_failing_memory: skips the case on a kernel without failing allocations.
need_failing_memory()
{
	[ -d $F ] || skip "needs CONFIG_FAILSLAB"
	echo N > $F/ignore-gfp-wait
	echo 0 > $F/verbose
}

# retry SECONDS COMMAND...: repeats the command until it succeeds.
retry()
{
	left=$(($1 * 5))
	shift
	until "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.2
	done
}

# allocations_fail: makes one in twenty allocations fail, in tasks with make-it-fail set,
# until the probability is 0. Needs CONFIG_FAILSLAB.
allocations_fail()
{
	echo Y > $F/task-filter
	echo N > $F/ignore-gfp-wait
	echo 5 > $F/probability
	echo 1 > $F/interval
	echo 0 > $F/verbose
}

# texts DIR: writes texts to each attribute below DIR, by the program MISUSE. Each is
# accepted or refused.
texts()
{
	"$MISUSE" texts "$1" || fail "texts"
}

# hex FILE: prints the bytes of a file on one line.
hex()
{
	od -An -v -tx1 "$1" | tr -d ' \n'
}

# Each creates a backstore, with its directory in BACKSTORE.

# ramdisk NAME MIB
ramdisk()
{
	backstore "rd_mcp_0/$1" "rd_pages=$(($2 * 256))"
}

# file_disk NAME FILE MIB
file_disk()
{
	backstore "fileio_0/$1" "fd_dev_name=$2,fd_dev_size=$(($3 * 1048576))"
}

# block_disk NAME DEVICE
block_disk()
{
	backstore "iblock_0/$1" "udev_path=$2"
}

# slow_disk NAME FILE: a file whose I/O `delay MILLISECONDS` slows down. One at a time.
slow_disk()
{
	dd if=/dev/zero of="$2" bs=1M count=16 2> /dev/null
	LOOP=$(losetup -f --show "$2") || fail "no loop device"
	modprobe dm-delay || fail "no dm-delay"
	echo "0 32768 delay $LOOP 0 0" | dmsetup create slow || fail "no delayed device"
	dmsetup mknodes
	block_disk "$1" /dev/mapper/slow
}

delay()
{
	dmsetup suspend slow && echo "0 32768 delay $LOOP 0 $1" | dmsetup load slow &&
		dmsetup resume slow || fail "no delay"
}

drop_slow_disk()
{
	drop_backstore "$BACKSTORE"
	dmsetup remove slow && losetup -d "$LOOP"
}

backstore()
{
	BACKSTORE=$T/core/$1
	mkdir -p "$BACKSTORE" && echo "$2" > "$BACKSTORE/control" &&
		echo 1 > "$BACKSTORE/enable" || fail "no backstore $1"
}

drop_backstore()
{
	rmdir "$1" && rmdir "${1%/*}" 2> /dev/null
}

# port FABRIC WWN INITIATOR: creates a portal group with a nexus for INITIATOR. TPG is its
# directory.
port()
{
	TPG=$T/$1/$2/tpgt_1
	mkdir -p "$TPG" && echo "$3" > "$TPG/nexus" || fail "no port $2"
}

# link TPG BACKSTORE: links a backstore as LUN 0. unlink TPG removes it.
link()
{
	mkdir -p "$1/lun/lun_0" && ln -s "$2" "$1/lun/lun_0/port" || fail "no LUN"
}

unlink()
{
	rm "$1/lun/lun_0/port" && rmdir "$1/lun/lun_0"
}

# drop_port TPG: removes a portal group without LUNs.
drop_port()
{
	rmdir "$1" && rmdir "${1%/*}" && rmdir "${1%/*/*}"
}

# disk TPG: prints the block device of LUN 0. generic TPG: prints its sg device.
disk()
{
	device "$1" block
}

generic()
{
	device "$1" scsi_generic
}

device()
{
	dir=/sys/class/scsi_device/$(cat "$1/address"):0/device/$2
	retry 20 [ -d "$dir" ] || fail "no $2 device"
	name=$(ls "$dir")
	retry 20 [ -e "/dev/$name" ] || fail "no /dev/$name"
	echo "/dev/$name"
}

# attach: loads MODULE, creates a portal group of FABRIC with a nexus, and links BACKSTORE. TPG
# is the portal group, DISK the block device.
attach()
{
	modprobe "$MODULE" || fail "no module"
	port "$FABRIC" "$WWN" "$INITIATOR"
	link "$TPG" "$BACKSTORE"
	DISK=$(disk "$TPG") || fail "$DISK"
}

# Programs that keep a disk busy: fio, or the program DISK_LOAD, if it is set, in guests
# where fio takes minutes to start.

# verified_io DISK MIB: writes a disk, reads it back and compares all bytes.
verified_io()
{
	if [ -n "$DISK_LOAD" ]; then
		"$DISK_LOAD" verify "$1" "$2" || fail "data differ"
		return
	fi
	fio --name=verify --filename="$1" --size="$2m" --direct=1 --rw=randwrite \
		--ioengine=psync --bs=64k --verify=crc32c --do_verify=1 \
		--output=$SCRATCH/verify || {
		cat $SCRATCH/verify
		fail "data differ"
	}
}

# busy DISK MIB ENGINE: reads and writes until it is killed or an error occurs.
busy()
{
	if [ -n "$DISK_LOAD" ]; then
		exec "$DISK_LOAD" run "$1" "$2"
	fi
	exec fio --name=load --filename="$1" --size="$2m" --direct=1 --rw=randrw \
		--bs=4k --ioengine="$3" --iodepth=16 --time_based --runtime=600
}

# insistent DISK MIB: the same, but continues after errors.
insistent()
{
	if [ -n "$DISK_LOAD" ]; then
		exec "$DISK_LOAD" insist "$1" "$2"
	fi
	exec fio --name=faults --filename="$1" --size="$2m" --direct=1 --rw=randrw \
		--bs=4k --ioengine=io_uring --iodepth=16 --time_based --runtime=600 \
		--continue_on_error=all
}
