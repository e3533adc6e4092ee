# SPDX-License-Identifier: GPL-2.0-only
#
# Data are transferred if the initiator sends a length, and if only the CDB has one.

. "$GUEST/states_lib.sh"

two_sessions
tell submit $a 1 0 write 512 ab $WRITE
result 1 "status 00"
tell submit $a 2 0 read 512 00 $READ
result 2 "status 00 sense 0/00/00 residual =0 payload 512 ab"
tell submit $a 3 0 read cdb 00 $READ
result 3 "status 00 sense 0/00/00 residual =0 payload 512 ab"
tell submit $a 4 0 write cdb cd 2a000000010000004000
result 4 "status 00"
tell submit $a 5 0 read cdb 00 28000000010000004000
result 5 "status 00 sense 0/00/00 residual =0 payload 32768 cd"
tell submit $a 6 0 none 0 00 $TUR
result 6 "status 00"
tell submit $a 7 1 read 512 00 $READ
result 7 "status 02 sense 5/25/00"
tell submit $a 8 0 read 512 00 ff000000000000000000
result 8 "status 02 sense 5/20/00"
