# SPDX-License-Identifier: GPL-2.0-only
#
# Under a spinlock, in hard interrupts: commands are submitted and refused, writes are
# executed, failed and dropped, responses are dropped, a reset is submitted.

. "$GUEST/interrupt_lib.sh"

portal_group
nexus 8
tell submit read 3
tell submit bad 1
want executed 3
want failed 1
tell release all
want released 4
n=0
for round in execute fail drop; do
	tell submit write 2
	n=$((n + 2))
	want waiting $n
	tell finish $round
done
want executed 5
want failed 5
tell release all
want released 10
tell submit reset 1
want functions 1
tell submit write 1
want waiting 7
tell submit reset 1
tell finish execute
want functions 2
want released 11
want refused 0
want slots_wrong 0
