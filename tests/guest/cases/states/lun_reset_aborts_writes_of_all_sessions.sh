# SPDX-License-Identifier: GPL-2.0-only
#
# A session resets the logical unit under its own write and another session's.

. "$GUEST/states_lib.sh"

two_sessions
tell hold writes
tell submit $a 34 0 write 512 01 $WRITE
tell submit $b 35 0 write 512 01 $WRITE
held write 34 waits
held write 35 waits
tell tmr $b 36 0 reset
held write 34 aborted
held write 35 aborted
! ended 36 || fail "reset before the driver gave the commands back"
must "execute" tell finish execute 34
must "fail" tell finish fail 35
result 36 "status 01"
# TAS: a command that another session has aborted ends with TASK ABORTED.
result 34 "status 40"
! ended 35 || fail "a command that its own session has aborted was answered"
