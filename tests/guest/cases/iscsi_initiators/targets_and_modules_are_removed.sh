# SPDX-License-Identifier: GPL-2.0-only
#
# Both targets are removed, and the modules of target and initiator are unloaded.
#
# last: it removes the targets that the other cases share.

. "$GUEST/iscsi_initiators_lib.sh"

two_targets
trap - EXIT
drop_target "$TPG1"
drop_target "$TPG2"
drop_backstore "$LUN1"
drop_backstore "$LUN2"
rmdir "$T/$FABRIC" || fail "cannot remove the fabric"
iscsiadm -k 0
retry 20 rmmod "$MODULE" || fail "cannot unload"
retry 20 rmmod iscsi_tcp || fail "cannot unload iscsi_tcp"
