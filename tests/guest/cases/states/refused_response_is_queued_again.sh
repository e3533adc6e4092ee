# SPDX-License-Identifier: GPL-2.0-only
#
# A response that the driver gives back to target core comes again.

. "$GUEST/states_lib.sh"

two_sessions
tell submit $a 19 0 write 512 ab $WRITE
result 19 "status 00"
tell refuse 3
tell submit $a 20 0 read 512 00 $READ
result 20 "status 00 sense 0/00/00 residual =0 payload 512 ab"
tell refuse 0
