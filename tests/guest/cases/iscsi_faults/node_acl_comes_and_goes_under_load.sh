# SPDX-License-Identifier: GPL-2.0-only
#
# An initiator that is logged in gets a node ACL, and loses it with its session.

. "$GUEST/iscsi_faults_lib.sh"

with_acl()
{
	mkdir "$TPG/acls/$NAME:test-3" && sleep 0.1 && rmdir "$TPG/acls/$NAME:test-3" || fail "no node ACL"
}
a_target
under_load with_acl
