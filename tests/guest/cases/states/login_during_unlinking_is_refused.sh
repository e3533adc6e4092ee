# SPDX-License-Identifier: GPL-2.0-only
#
# A login is refused while a LUN is being unlinked, which waits for a write of another session:
# in demo mode, target core would keep an entry for the LUN, and use it after it is freed.

. "$GUEST/states_lib.sh"

portal_group
log_in $A
a=$SESSION
tell hold writes
tell submit $a 70 0 write 512 01 $WRITE
held write 70 waits
rm $TPG/lun/lun_0/port &
RM=$!
retry 60 grep -qs transport_clear_lun_ref /proc/$RM/wchan || fail "rm does not wait"
refused tell login $B
must "fail" tell finish fail 70
wait $RM || fail "cannot unlink"
rmdir $TPG/lun/lun_0 || fail "the LUN stays"
log_in $B
# LUN 0 of target core itself, which is read-only.
tell submit $SESSION 71 0 write 512 01 $WRITE
result 71 "status 02 sense 7/27/00"
