# SPDX-License-Identifier: GPL-2.0-only
#
# A connection without a login, data or an answer to a ping is dropped after its timeout.

. "$GUEST/iscsi_case_lib.sh"

a_target
node_acl $NAME:test
echo 5 > "$TPG/attrib/login_timeout"
echo 2 > "$ACL/attrib/dataout_timeout"
echo 1 > "$ACL/attrib/nopin_timeout"
echo 3 > "$ACL/attrib/nopin_response_timeout"
tried silent $WWN
drop_node_acl "$ACL"
