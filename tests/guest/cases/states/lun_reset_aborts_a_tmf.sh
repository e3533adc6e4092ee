# SPDX-License-Identifier: GPL-2.0-only
#
# LUN RESET aborts a TMF that waits for its command.

. "$GUEST/states_lib.sh"

two_sessions
tell hold writes
tell submit $a 45 0 write 512 01 $WRITE
held write 45 waits
tell tmr $a 46 0 abort 45
held write 45 aborted
tell tmr $b 47 0 reset
# The abort waits for the write, and the reset for the abort.
two_workers_wait()
{
	[ "$(grep -l target_put_cmd_and_wait /proc/[0-9]*/wchan 2> /dev/null | wc -l)" -eq 2 ]
}
retry 60 two_workers_wait || fail "the reset does not wait: $(head /proc/[0-9]*/wchan)"
must "execute" tell finish execute 45
result 46 "status ff"
result 47 "status 01"
