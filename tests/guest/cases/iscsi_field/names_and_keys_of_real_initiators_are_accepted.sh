# SPDX-License-Identifier: GPL-2.0-only
#
# The login keys and names of real initiators are accepted. Invalid ones are refused.

. "$GUEST/iscsi_case_lib.sh"

a_target
"$CLIENT" field $V4 $WWN || fail "field"
mkdir "$TPG/acls/iqn.2008-11.org.linux-kvm:vm_1 @" || fail "no node ACL for a virtual machine"
rmdir "$TPG/acls/iqn.2008-11.org.linux-kvm:vm_1 @"
! mkdir "$TPG/acls/iqn.a,b" 2> /dev/null || fail "a comma in a name"
is_logged "cannot use initiator name iqn.a,b: it has byte 0x2c"
! mkdir "$TPG/acls/iqn.A" 2> /dev/null || fail "capitals in the name of a node ACL"
is_logged "login from 127.0.0.1:[0-9]* refused: a key is wrong.*(initiator $NAME:test, target $WWN)"
is_logged "login from 127.0.0.1:[0-9]* refused: the initiator name has.*(initiator a,b, target $WWN)"
