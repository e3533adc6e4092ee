# SPDX-License-Identifier: GPL-2.0-only
#
# The queue depth of an initiator that is logged in changes.

. "$GUEST/iscsi_faults_lib.sh"

with_depth()
{
	ACL=$TPG/acls/$NAME:test-4
	mkdir "$ACL" && echo 7 > "$ACL/cmdsn_depth" && rmdir "$ACL" || fail "no depth"
}
a_target
under_load with_depth
