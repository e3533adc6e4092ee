# SPDX-License-Identifier: GPL-2.0-only
#
# The removal of a node ACL waits until the driver releases it.

. "$GUEST/states_lib.sh"

portal_group
mkdir $TPG/acls/$A || fail "no node ACL"
refused tell acl hold naa.5001405000000fff
tell acl hold $A &
HOLDER=$!
held acl
rmdir $TPG/acls/$A &
retry 20 grep -qs core_tpg_del_initiator_node_acl /proc/$!/wchan ||
	fail "the node ACL does not wait: $(cat /proc/$!/comm /proc/$!/wchan)"
tell acl release
wait $! || fail "the node ACL is still there"
wait $HOLDER || fail "node ACL not found"
