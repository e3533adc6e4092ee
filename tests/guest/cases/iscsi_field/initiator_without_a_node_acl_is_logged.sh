# SPDX-License-Identifier: GPL-2.0-only
#
# A login without a node ACL is refused, and the log says so.

. "$GUEST/iscsi_case_lib.sh"

a_target
echo 0 > "$TPG/attrib/generate_node_acls"
! "$CLIENT" logins $V4 $WWN 1 1 2> /dev/null || fail "no node ACL, but logged in"
is_logged "login from 127.0.0.1:[0-9]* refused: the initiator has no node ACL (initiator $NAME:test-0, target $WWN)"
