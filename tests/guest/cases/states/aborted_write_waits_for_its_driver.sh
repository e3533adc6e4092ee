# SPDX-License-Identifier: GPL-2.0-only
#
# ABORT TASK of a write that waits for data is answered when the driver releases the write.

. "$GUEST/states_lib.sh"

two_sessions
tell hold writes
n=$(aborted)
tell submit $a 30 0 write 512 01 $WRITE
held write 30 waits
tell tmr $a 31 0 abort 30
held write 30 aborted
! ended 31 || fail "answered before the driver released the command"
must "execute" tell finish execute 30
result 31 "status 01"
[ "$(aborted)" -eq $((n + 1)) ] || fail "not aborted"
! ended 30 || fail "an aborted command was answered"
tell submit $a 32 0 write 512 01 $WRITE
held write 32 waits
tell tmr $a 33 0 abort 32
held write 32 aborted
must "fail" tell finish fail 32
result 33 "status 01"
