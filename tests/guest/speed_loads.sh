# SPDX-License-Identifier: GPL-2.0-only
#
# Loads for measurements. To be sourced by a script that sets the disks OURS and PEER, JOBS
# and ROUNDS, and calls `loads`. Prints for each run: load, disk, KiB, and milliseconds of
# the guest's clock.

# run NAME DISK WHOSE FIELD WORD...: runs fio. FIELD is the field of its terse line with
# the KiB.
run()
{
	name=$1
	disk=$2
	whose=$3
	field=$4
	shift 4
	line=$(fio --name=speed --filename="$disk" --direct=1 --size=64m --io_size=1g \
		--norandommap --thread --numjobs="$JOBS" --group_reporting \
		--gtod_reduce=1 --clocksource=clock_gettime \
		--output-format=terse --terse-version=3 "$@") || fail "fio: $line"
	echo "$name;$whose;$(echo "$line" | cut -d';' -f "$field,$((field + 3))")"
}

# load NAME FIELD WORD...: runs a load on both disks alternately.
load()
{
	title=$1$WITH
	at=$2
	shift 2
	round=0
	while [ $round -lt "$ROUNDS" ]; do
		run "$title" "$OURS" ours "$at" "$@"
		run "$title" "$PEER" peer "$at" "$@"
		round=$((round + 1))
	done
}

# loads: runs all loads. WITH is appended to their names.
loads()
{
	one="--ioengine=psync"
	many="--ioengine=io_uring --iodepth=32"
	for depth in 1 32; do
		[ $depth -eq 1 ] && engine=$one || engine=$many
		load "4 KiB random read, QD $depth" $READ --rw=randread --bs=4k $engine --number_ios=6000
		load "4 KiB random write, QD $depth" $WRITE --rw=randwrite --bs=4k $engine --number_ios=6000
		load "128 KiB sequential read, QD $depth" $READ --rw=read --bs=128k $engine --number_ios=1500
		load "128 KiB sequential write, QD $depth" $WRITE --rw=write --bs=128k $engine --number_ios=1500
	done
}

READ=6
WRITE=47
WITH=
