# SPDX-License-Identifier: GPL-2.0-only
#
# Neither ABORT TASK nor LUN RESET waits for a response that is being sent.

. "$GUEST/states_lib.sh"

two_sessions
tell hold responses
tell submit $a 40 0 read 512 00 $READ
held response 40
tell tmr $a 41 0 abort 40
result 41 "status 02"
tell tmr $b 42 0 reset
result 42 "status 01"
must "send" tell finish send 40
result 40 "status 00"
