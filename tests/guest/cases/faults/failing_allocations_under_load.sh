# SPDX-License-Identifier: GPL-2.0-only
#
# Allocations of a load and of workers fail at random. No acknowledged data are lost.

. "$GUEST/faults_lib.sh"

need_failing_memory
TIMES=1000000
# failures: prints the number of failed allocations.
failures()
{
	echo $((TIMES - $(cat $F/times)))
}

have_failed()
{
	[ "$(failures)" -gt 20 ]
}

# may_fail 1|0: enables or disables failures in the load and in the workers of target core and of
# the block layer.
may_fail()
{
	for task in /proc/$LOAD/task/*; do echo "$1" > "$task/make-it-fail"; done 2> /dev/null
	for comm in $(grep -l '^kworker\|^scsi_eh' /proc/[0-9]*/comm); do
		echo "$1" > "${comm%comm}make-it-fail"
	done 2> /dev/null
}

# A file: target core allocates memory for each command on it.
file_disk faults $SCRATCH/file 32
attach
# Errors are allowed, but the load must end.
load insistent "$DISK" 24
allocations_fail
echo $TIMES > $F/times
may_fail 1
retry 120 have_failed || fail "$(failures) allocations have failed"
echo 0 > $F/probability
echo "$(failures) allocations have failed"
may_fail 0
stop_load
verified_io "$DISK" "$SIZE"
