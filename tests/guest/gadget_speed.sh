#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# gadget_speed.sh MODULE FABRIC: runs fio through uas at a queue depth of 32 on a disk of the
# fabric and on one of the kernel's usb_f_tcm, alternately, and then prints the memory of a
# session of each. fio's idle profile separates work from waiting for the controller's timer.

export GUEST="${0%/*}"
. "$GUEST/gadget_lib.sh"

MODULE=$1
FABRIC=$2

# load NAME WHOSE NUMBER WORD...: runs fio on the disk of a gadget, whose JSON is the part
# NAME;WHOSE of the output.
load()
{
	name=$1
	whose=$2
	usb_disk "$3"
	shift 3
	echo "=== $name;$whose"
	fio --name=speed --filename="$DISK" --direct=1 --size=16m --io_size=1g --norandommap \
		--thread --gtod_reduce=1 --clocksource=clock_gettime --ioengine=io_uring \
		--iodepth=32 --idle-prof=system --output-format=json "$@" || fail "fio"
}

# both NAME WORD...: runs fio on both disks.
both()
{
	title=$1
	shift
	load "$title" ours 0 "$@"
	load "$title" peer 1 "$@"
}

# used: prints the bytes of kernel memory in use.
used()
{
	echo 3 > /proc/sys/vm/drop_caches
	for cache in /sys/kernel/slab/*/shrink; do
		echo 1 > "$cache"
	done
	awk '/^(Slab|KernelStack|PageTables|Percpu|VmallocUsed):/ { sum += $2 } END { print sum * 1024 }' \
		/proc/meminfo
}

# memory WHOSE NUMBER: prints the bytes of a session, from a nexus that is logged in to a
# device that the host has configured, with the memory of the host for it: the median of
# five differences, since other memory comes and goes.
memory()
{
	tpg=$(tpg "$2")
	backstore=$T/core/rd_mcp_0/$1
	for turn in 1 2 3 4 5; do
		unplug "$2"
		rm "$G/g$2"/configs/c.1/*.0
		echo 0 > "$tpg/enable" && unlink "$tpg" && echo NULL > "$tpg/nexus" || fail "no logout"
		without=$(used)
		echo $INITIATOR > "$tpg/nexus" || fail "no nexus"
		link "$tpg" "$backstore"
		echo 1 > "$tpg/enable" || fail "cannot enable"
		ln -s "$G/g$2"/functions/*.0 "$G/g$2/configs/c.1/" || fail "no function"
		plug "$2"
		usb_disk "$2"
		echo $(($(used) - without))
	done > $SCRATCH/memory
	echo "=== memory;$1"
	sort -n $SCRATCH/memory | sed -n 3p
}

controllers uas
ramdisk ours 16
gadget 0 "$MODULE" "$FABRIC" "$FABRIC"
ramdisk peer 16
gadget 1 usb_f_tcm usb_gadget tcm
plug 0
plug 1
both "4 KiB random read, QD 32" --rw=randread --bs=4k --number_ios=12000
both "4 KiB random write, QD 32" --rw=randwrite --bs=4k --number_ios=12000
memory ours 0
memory peer 1
echo "=== end"
