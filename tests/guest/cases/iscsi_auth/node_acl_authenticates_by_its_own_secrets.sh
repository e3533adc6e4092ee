# SPDX-License-Identifier: GPL-2.0-only
#
# A node ACL has its own secrets, and its own setting for authentication.

. "$GUEST/iscsi_case_lib.sh"

a_target_with_authentication
secrets "$TPG/auth" other "another secret"
mkdir "$TPG/acls/$NAME:test"
! "$CLIENT" one-way $V4 $WWN > /dev/null 2>&1 || fail "let in without the ACL's secrets"
secrets "$TPG/acls/$NAME:test/auth" $USER "$SECRET"
tried one-way $WWN
ACL=$TPG/acls/$NAME:test-0
mkdir "$ACL"
! is_let_in || fail "let in"
echo 0 > "$ACL/attrib/authentication"
is_let_in || fail "not let in: $(cat $SCRATCH/login)"
echo 1 > "$ACL/attrib/authentication"
echo 0 > "$TPG/attrib/authentication"
! is_let_in || fail "let in"
echo -1 > "$ACL/attrib/authentication"
is_let_in || fail "not let in: $(cat $SCRATCH/login)"
rmdir "$TPG/acls/$NAME:test" "$ACL"
