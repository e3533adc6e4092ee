# SPDX-License-Identifier: GPL-2.0-only
#
# The timeouts of an initiator do not count the time of the backstore.

. "$GUEST/iscsi_slow_lib.sh"

a_slow_target
node_acl $NAME:test
echo 2 > "$ACL/attrib/dataout_timeout"
echo 1 > "$ACL/attrib/nopin_timeout"
echo 3 > "$ACL/attrib/nopin_response_timeout"
slow_writes 150
"$CLIENT" busy $V4 $WWN || fail "busy"
