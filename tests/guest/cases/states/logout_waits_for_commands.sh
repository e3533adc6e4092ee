# SPDX-License-Identifier: GPL-2.0-only
#
# A logout waits until the driver releases a write or a response.

. "$GUEST/states_lib.sh"

two_sessions
# waits PROCESS: checks that a logout waits for commands.
waits()
{
	retry 20 grep -qs target_wait_for /proc/$1/wchan ||
		fail "the logout does not wait: $(cat /proc/$1/comm /proc/$1/wchan)"
}
tell hold writes
tell submit $a 60 0 write 512 01 $WRITE
held write 60 waits
tell logout $a &
waits $!
must "fail" tell finish fail 60
wait $! || fail "no logout"
tell hold responses
log_in $A
tell submit $SESSION 61 0 read 512 00 $READ
held response 61
tell logout $SESSION &
waits $!
must "send" tell finish send 61
wait $! || fail "no logout"
