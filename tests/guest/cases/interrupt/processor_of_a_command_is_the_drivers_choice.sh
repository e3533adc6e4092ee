# SPDX-License-Identifier: GPL-2.0-only
#
# A command runs on the processor that the driver names; one that is not there is refused.

. "$GUEST/interrupt_lib.sh"

[ "$(nproc)" -gt 1 ] || skip "needs two processors"
portal_group
nexus 4
for cpu in 1 0 1; do
	tell submit write 1 $cpu
	want cpu $cpu
done
for cpu in 2 63 64 8191 4294967295; do
	refused tell submit write 1 $cpu
done
want submitted 3
tell finish execute
want executed 3
tell release all
