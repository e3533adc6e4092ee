# SPDX-License-Identifier: GPL-2.0-only
#
# In demo mode, the persistent reservation of an initiator outlives the loss of its connection.

. "$GUEST/iscsi_case_lib.sh"

a_target
[ "$(cat "$TPG/attrib/cache_dynamic_acls")" = 1 ] || fail "node ACLs are not kept"
echo 0 > "$TPG/attrib/cache_dynamic_acls"
[ "$(cat "$TPG/attrib/cache_dynamic_acls")" = 1 ] || fail "node ACLs are not kept after a write"
"$CLIENT" fenced $V4 $WWN || fail "fenced"
