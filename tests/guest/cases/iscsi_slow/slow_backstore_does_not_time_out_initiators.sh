# SPDX-License-Identifier: GPL-2.0-only
#
# An initiator is not dropped because of a slow backstore.

. "$GUEST/iscsi_slow_lib.sh"

a_slow_target
a_node_acl
echo 2 > "$ACL/attrib/dataout_timeout"
echo 1 > "$ACL/attrib/nopin_timeout"
echo 3 > "$ACL/attrib/nopin_response_timeout"
slow_writes 150
"$CLIENT" busy $V4 $WWN || fail "busy"
