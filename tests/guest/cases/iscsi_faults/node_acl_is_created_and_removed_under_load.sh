# SPDX-License-Identifier: GPL-2.0-only
#
# A node ACL is created for an initiator under load. Its removal ends the session.

. "$GUEST/iscsi_faults_lib.sh"

with_acl()
{
	mkdir "$TPG/acls/$NAME:test-3" && sleep 0.1 && rmdir "$TPG/acls/$NAME:test-3" || fail "no node ACL"
}
a_target
under_load with_acl
