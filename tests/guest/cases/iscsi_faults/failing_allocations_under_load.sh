# SPDX-License-Identifier: GPL-2.0-only
#
# Allocations of connections fail under load. No acknowledged data are lost.

. "$GUEST/iscsi_faults_lib.sh"

need_failing_memory
# More failures than there can be.
TIMES=1000000

# connections_may_fail 1|0: lets allocations fail or not in the threads of connections and
# in kthreadd, which starts them.
connections_may_fail()
{
	for comm in $(grep -l '^iscsi_\|^kthreadd' /proc/[0-9]*/comm); do
		echo "$1" > "${comm%comm}make-it-fail"
	done 2> /dev/null
}

# failures: prints the number of allocations that have failed since $F/times was TIMES.
failures()
{
	echo $((TIMES - $(cat $F/times)))
}

an_allocation_failed()
{
	[ "$(failures)" -gt 0 ]
}

# without_memory: lets allocations of connections fail until a second after the first failure.
without_memory()
{
	allocations_fail
	echo $TIMES > $F/times
	connections_may_fail 1
	retry 60 an_allocation_failed || fail "no allocation has failed"
	sleep 1
	connections_may_fail 0
	echo 0 > $F/probability
	echo "$(failures) allocations have failed"
}

a_target
under_load without_memory
