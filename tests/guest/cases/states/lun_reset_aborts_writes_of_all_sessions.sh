# SPDX-License-Identifier: GPL-2.0-only
#
# LUN RESET aborts a write of its own session and one of another session.

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
! ended 36 || fail "answered before the driver released the commands"
must "execute" tell finish execute 34
must "fail" tell finish fail 35
result 36 "status 01"
# TAS: a command aborted by another session ends with TASK ABORTED.
result 34 "status 40"
! ended 35 || fail "a command aborted by its own session was answered"
