# SPDX-License-Identifier: GPL-2.0-only
#
# A portal group is removed with a held write, a held response and their sessions, and the module is
# unloaded.

. "$GUEST/states_lib.sh"

two_sessions
tell hold writes
tell submit $a 90 0 write 512 01 $WRITE
held write 90
echo 0 > $TPG/enable || fail "cannot disable"
refused tell submit $a 91 0 read 512 00 $READ
refused tell login $A
echo 1 > $TPG/enable || fail "cannot enable"
log_in $A
tell hold responses
tell submit $SESSION 92 0 read 512 00 $READ
held response 92
unlink $TPG || fail "cannot unlink"
rmdir $TPG || fail "the portal group stays"
drop_backstore "$BACKSTORE"
rmdir $PORT && rmdir $FABRIC && rmmod tcm_hold || fail "cannot unload"
