# SPDX-License-Identifier: GPL-2.0-only
#
# A logged-in initiator gets a node ACL, and loses it together with its session.

. "$GUEST/iscsi_faults_lib.sh"

with_acl()
{
	mkdir "$TPG/acls/$NAME:test-3" && sleep 0.1 && rmdir "$TPG/acls/$NAME:test-3" || fail "no node ACL"
}
a_target
under_load with_acl
