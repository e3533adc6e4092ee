# SPDX-License-Identifier: GPL-2.0-only
#
# The queue depth of a logged-in initiator changes under load.

. "$GUEST/iscsi_faults_lib.sh"

with_depth()
{
	ACL=$TPG/acls/$NAME:test-4
	mkdir "$ACL" && echo 7 > "$ACL/cmdsn_depth" && rmdir "$ACL" || fail "no depth"
}
a_target
under_load with_depth
