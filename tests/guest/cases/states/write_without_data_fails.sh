# SPDX-License-Identifier: GPL-2.0-only
#
# A write ends with sense data if the driver cannot receive its data.

. "$GUEST/states_lib.sh"

two_sessions
tell hold writes
tell submit $a 37 0 write 512 01 $WRITE
held write 37 waits
must "fail" tell finish fail 37
result 37 "status 02 sense b/29/03"
