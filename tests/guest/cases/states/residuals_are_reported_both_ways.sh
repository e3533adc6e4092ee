# SPDX-License-Identifier: GPL-2.0-only
#
# Residuals are reported for lengths above and below that of the CDB.

. "$GUEST/states_lib.sh"

two_sessions
tell submit $a 9 0 write 512 ab $WRITE
result 9 "status 00"
tell submit $a 10 0 read 1024 00 $READ
result 10 "status 00 sense 0/00/00 residual -512 payload 512 ab"
tell submit $a 11 0 read 256 00 $READ
result 11 "status .. sense ./../.. residual +256"
tell submit $a 12 0 write 1024 00 $WRITE
result 12 "status 02 sense 5/0e/03 residual -512"
tell submit $a 13 0 write 256 00 $WRITE
result 13 "status 02 sense 5/0e/03 residual +256"
tell submit $a 14 0 read 8 00 120000002400
result 14 "status 00 sense 0/00/00 residual +28 payload 8"
tell submit $a 15 0 read 255 00 120000002400
result 15 "status 00 sense 0/00/00 residual -219 payload 36"
