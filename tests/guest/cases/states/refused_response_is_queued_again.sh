# SPDX-License-Identifier: GPL-2.0-only
#
# Target core queues a response again if the driver refuses it.

. "$GUEST/states_lib.sh"

two_sessions
tell submit $a 19 0 write 512 ab $WRITE
result 19 "status 00"
tell refuse 3
tell submit $a 20 0 read 512 00 $READ
result 20 "status 00 sense 0/00/00 residual =0 payload 512 ab"
tell refuse 0
