# SPDX-License-Identifier: GPL-2.0-only
#
# The loads whose speed is measured. To be sourced by a script that has set OURS
# and PEER, two disks, JOBS and ROUNDS, and calls `loads`. Prints for each run: the load, whose
# disk, how many KiB, and how many milliseconds of the guest's clock.

# run NAME DISK WHOSE FIELD WORD...: FIELD is where fio's terse line has the KiB.
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

# load NAME FIELD WORD...: on both disks in turn.
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

# loads: all of them. WITH is added to their names.
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
