# SPDX-License-Identifier: GPL-2.0-only
#
# Without demo mode, only initiators with a node ACL can log in. A session ends with its node
# ACL.

. "$GUEST/iscsi_initiators_lib.sh"

THIRD=iqn.1994-05.org.example.client:third

two_targets
# A name that has not logged in yet: target core leaks memory when it replaces a demo-mode node
# ACL by an explicit one (fix replaced_entry).
iscsiadm -m iface -I third --op=new > /dev/null || fail "no third interface"
iscsiadm -m iface -I third --op=update -n iface.initiatorname -v $THIRD > /dev/null
iscsiadm -m node -T ${WWN}1 -p $V4 -I third --op=new > /dev/null || fail "no third record"
TPG=$TPG1
node_acl $THIRD
echo 0 > "$TPG1/attrib/generate_node_acls"
log_in ${WWN}1 $V4 third
grep -q TARG_SESS_STATE_LOGGED_IN "$ACL/info" || fail "$(cat "$ACL/info")"
! iscsiadm -m node -T ${WWN}1 -p $V4 -I second --login > /dev/null 2>&1 || fail "no ACL, but logged in"
! iscsi-inq -i $SECOND iscsi://$V4/${WWN}1/0 > /dev/null 2>&1 || fail "no ACL, but logged in"
drop_node_acl "$ACL"
log_out ${WWN}1 $V4 third
echo 1 > "$TPG1/attrib/generate_node_acls"
