# SPDX-License-Identifier: GPL-2.0-only
#
# Another nexus resets the LUN under load, without TASK ABORTED. The initiator recovers.

. "$GUEST/gadget_pulled_lib.sh"

resets()
{
	[ -d "$LOOP_TPG" ] || other
	impatient
	for _ in 1 2 3; do
		sg_reset -d "$OTHER" || fail "no reset"
		done_before=$(commands)
		retry 120 is_going $((done_before + 1)) || fail "no command is done after a reset"
	done
}

# is_going COMMANDS: returns true if DISK has completed more commands, or the load has ended.
is_going()
{
	[ "$(commands)" -gt "$1" ] || is_over
}

# other: creates the other nexus, on tcm_loop. OTHER is its sg device.
other()
{
	modprobe tcm_loop || fail "no other fabric"
	own=$TPG
	port loopback naa.6001405000000009 naa.600140500000000a
	LOOP_TPG=$TPG
	TPG=$own
	link "$LOOP_TPG" "$BACKSTORE"
	OTHER=$(generic "$LOOP_TPG") || fail "$OTHER"
}

TAS=0
LOOP_TPG=
rounds resets
unlink "$LOOP_TPG" && drop_port "$LOOP_TPG" || fail "cannot remove the other port"
