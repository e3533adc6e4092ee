# SPDX-License-Identifier: GPL-2.0-only
#
# USB gadgets with a mass storage function, and the disks that the kernel's initiators uas
# (UAS) and usb-storage (BOT) have on them, in one machine. A gadget has a number, from 0,
# which is that of its controller. MODULE, FABRIC and FUNCTION are a module generated with
# --data-path gadget, its fabric, and the name of its USB function. To be sourced.

. "$GUEST/lib.sh"
. "$GUEST/load_lib.sh"

# MiB to verify, fewer on a slow kernel.
SIZE=${SIZE:-12}
G=/sys/kernel/config/usb_gadget
DEVICES=/sys/bus/usb/devices
VENDOR=0525
# The number follows.
PRODUCT=a4a
INITIATOR=naa.60014050000000ff
mkdir -p /var/target/pr /etc/target
trap end EXIT

# controllers TRANSPORT [1]: loads two controllers, SuperSpeed if the last is 1, and the
# initiators for TRANSPORT: uas or bot.
controllers()
{
	if [ "${2:-0}" = 1 ]; then
		[ ! -d /sys/module/dummy_hcd ] || rmmod dummy_hcd || fail "cannot unload dummy_hcd"
		touch $SCRATCH/superspeed
	fi
	modprobe dummy_hcd num=2 is_super_speed="${2:-0}" || fail "no controllers"
	modprobe usb-storage delay_use=0 && modprobe uas || fail "no initiator"
	through "$1"
}

# through TRANSPORT: selects the initiator of gadgets that are plugged in later.
through()
{
	quirks=
	[ "$1" = uas ] || quirks=$VENDOR:${PRODUCT}0:u,$VENDOR:${PRODUCT}1:u
	echo "$quirks" > /sys/module/usb_storage/parameters/quirks
}

# tpg NUMBER: prints the directory of the portal group of a gadget.
tpg()
{
	echo "$T/$(cat "$SCRATCH/fabric.$1")/naa.600140500000000$1/tpgt_1"
}

# gadget NUMBER MODULE FABRIC FUNCTION: creates a gadget, whose LUN 0 is BACKSTORE. TPG is
# its portal group.
gadget()
{
	modprobe "$2" || fail "no module $2"
	echo "$3" > "$SCRATCH/fabric.$1"
	TPG=$(tpg "$1")
	dir=$G/g$1
	mkdir "$dir" "$dir/functions/$4.0" "$dir/configs/c.1" "$dir/strings/0x409" ||
		fail "no function $4"
	echo 0x$VENDOR > "$dir/idVendor"
	echo "0x$PRODUCT$1" > "$dir/idProduct"
	echo "serial $1" > "$dir/strings/0x409/serialnumber"
	port "$3" "naa.600140500000000$1" $INITIATOR
	link "$TPG" "$BACKSTORE"
	echo 1 > "$TPG/enable" || fail "cannot enable"
	ln -s "$dir/functions/$4.0" "$dir/configs/c.1/" || fail "no function in c.1"
}

# plug NUMBER: connects a gadget to its host. unplug NUMBER pulls it.
plug()
{
	echo "dummy_udc.$1" > "$G/g$1/UDC" || fail "cannot plug gadget $1 in"
}

unplug()
{
	echo > "$G/g$1/UDC" || fail "cannot pull gadget $1"
}

is_plugged()
{
	[ -n "$(cat "$G/g$1/UDC")" ]
}

# usb_device NUMBER: prints the directory of a gadget's device on the host, if there is one.
usb_device()
{
	for dir in "$DEVICES"/*; do
		[ "$(cat "$dir/idProduct" 2> /dev/null)" != "$PRODUCT$1" ] || echo "$dir"
	done
}

# find_disk NUMBER LUN: DISK is the block device of a LUN, GENERIC its sg device. Fails
# without one.
find_disk()
{
	device=$(usb_device "$1")
	[ -n "$device" ] || return 1
	for scsi in "$device"/*:1.0/host*/target*/*:"$2"; do
		DISK=/dev/$(ls "$scsi/block" 2> /dev/null) || return 1
		GENERIC=/dev/$(ls "$scsi/scsi_generic" 2> /dev/null) || return 1
		[ -b "$DISK" ] && [ -c "$GENERIC" ]
		return
	done
}

# usb_disk NUMBER [LUN]: waits for the disk of a LUN: DISK and GENERIC.
usb_disk()
{
	retry 60 find_disk "$1" "${2:-0}" || fail "no disk of gadget $1, LUN ${2:-0}"
}

# a_gadget TRANSPORT [1]: creates a gadget with a RAM disk, plugged in to a controller of
# SuperSpeed if the last is 1. DISK and GENERIC are its disk. TAS is its emulate_tas.
a_gadget()
{
	controllers "$@"
	ramdisk gadget "${MIB:-32}"
	echo "${TAS:-1}" > "$BACKSTORE/attrib/emulate_tas" || fail "no attribute"
	gadget 0 "$MODULE" "$FABRIC" "$FUNCTION"
	plug 0
	usb_disk 0
	uses "$1"
}

# uses TRANSPORT: checks that the disk of gadget 0 has this transport.
uses()
{
	[ "$1" = bot ] && driver=usb-storage || driver=$1
	found=$(basename "$(readlink "$(usb_device 0)"/*:1.0/driver)")
	[ "$found" = "$driver" ] || fail "the driver is $found"
}

# verified DEPTH...: writes to DISK at each queue depth, reads back and compares all bytes.
verified()
{
	if [ -n "$DISK_LOAD" ]; then
		verified_io "$DISK" "$SIZE"
		return
	fi
	jobs=$#
	# All jobs in one fio, since fio takes longer to start than to run a job.
	for depth in "$@"; do
		shift
		set -- "$@" --name="$depth" --stonewall --iodepth="$depth"
	done
	fio --name=global --filename="$DISK" --size="${SIZE}m" --direct=1 --rw=randrw \
		--bsrange=512-128k --ioengine=io_uring --verify=crc32c --do_verify=1 \
		--verify_fatal=1 --output=$SCRATCH/fio "$@" || fail "fio: $(cat $SCRATCH/fio)"
	[ "$(grep -c 'err= 0' $SCRATCH/fio)" -eq "$jobs" ] || fail "fio: $(cat $SCRATCH/fio)"
}

# drop_gadget NUMBER: removes a gadget with its portal group.
drop_gadget()
{
	dir=$G/g$1
	tpg=$(tpg "$1")
	! is_plugged "$1" || unplug "$1"
	rm -f "$dir"/configs/c.1/*.0
	if [ -d "$tpg" ]; then
		echo 0 > "$tpg/enable" || fail "cannot disable"
		for lun in "$tpg"/lun/lun_*; do
			[ -e "$lun" ] || continue
			rm -f "$lun"/port && rmdir "$lun" || fail "cannot unlink"
		done
		drop_port "$tpg" || fail "cannot remove the port"
	fi
	rmdir "$dir"/functions/*.0 "$dir/configs/c.1" "$dir/strings/0x409" "$dir" ||
		fail "cannot remove gadget $1"
}

# end: after a case that has passed, removes everything and unloads the modules.
end()
{
	status=$?
	trap - EXIT
	! has_failed $status || exit $status
	for number in 0 1; do
		[ ! -d "$G/g$number" ] || drop_gadget $number
	done
	for backstore in "$T"/core/*/*/control; do
		[ ! -e "$backstore" ] || drop_backstore "${backstore%/*}"
	done
	for module in "$MODULE" usb_f_tcm; do
		[ ! -d "/sys/module/$module" ] || retry 20 rmmod "$module" || fail "cannot unload $module"
	done
	# The next case may want controllers of the other speed.
	[ ! -e $SCRATCH/superspeed ] || retry 20 rmmod dummy_hcd || fail "cannot unload dummy_hcd"
	rm -f $SCRATCH/superspeed
	exit $status
}
