# SPDX-License-Identifier: GPL-2.0-only
#
# A target that wants node ACLs keeps initiators without one out; a session ends with its
# node ACL.

. "$GUEST/iscsi_initiators_lib.sh"

two_targets
mkdir "$TPG1/acls/$FIRST" || fail "no node ACL"
mkdir "$TPG1/acls/$FIRST/lun_0" && ln -s "$TPG1/lun/lun_0" "$TPG1/acls/$FIRST/lun_0/lun" ||
	fail "no mapped LUN"
echo 0 > "$TPG1/attrib/generate_node_acls"
log_in ${WWN}1 $V4 default
grep -q TARG_SESS_STATE_LOGGED_IN "$TPG1/acls/$FIRST/info" || fail "$(cat "$TPG1/acls/$FIRST/info")"
! iscsiadm -m node -T ${WWN}1 -p $V4 -I second --login > /dev/null 2>&1 || fail "no ACL, but logged in"
! iscsi-inq -i $SECOND iscsi://$V4/${WWN}1/0 > /dev/null 2>&1 || fail "no ACL, but logged in"
rm "$TPG1/acls/$FIRST/lun_0/lun" && rmdir "$TPG1/acls/$FIRST/lun_0" "$TPG1/acls/$FIRST" ||
	fail "cannot remove the node ACL"
log_out ${WWN}1 $V4 default
echo 1 > "$TPG1/attrib/generate_node_acls"
