#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# iscsi_auth.sh MODULE FABRIC CLIENT: authentication by CHAP, at a fabric that was
# generated with --data-path iscsi, by the harness's iscsi-client: what must be
# accepted and what refused. The credentials are the client's.

. "${0%/*}/lib.sh"
. "${0%/*}/iscsi_lib.sh"

MODULE=$1
FABRIC=$2
CLIENT=$3
WWN=iqn.2003-01.org.example.host:target
NAME=iqn.1994-05.org.example.client
V4=127.0.0.1:3261

# tried LIST TARGET
tried()
{
	"$CLIENT" "$1" $V4 "$2" || fail "$1"
}

one_target auth "$MODULE" "$FABRIC" $WWN $V4
echo 1 > "$TPG/attrib/authentication"

echo "--- files"
mkdir "$TPG/acls/$NAME:files"
for dir in "$T/$FABRIC/discovery_auth" "$TPG/auth" "$TPG/acls/$NAME:files/auth"; do
	for file in userid password userid_mutual password_mutual; do
		[ "$(stat -c %a "$dir/$file")" = 600 ] || fail "anybody reads $dir/$file"
	done
	[ "$(cat "$dir/authenticate_target")" = 0 ] || fail "mutual with no secret"
	secrets "$dir" a b
	mutual "$dir" c d
	[ "$(cat "$dir/authenticate_target")" = 1 ] || fail "not mutual with secrets"
	[ "$(cat "$dir/password")" = b ] || fail "not the password"
	# One secret for both directions, a text that is too long, one with a NUL.
	! echo b > "$dir/password_mutual" 2> /dev/null || fail "one secret for both"
	! head -c 256 /dev/zero | tr '\0' x > "$dir/userid" 2> /dev/null || fail "a long name"
	! printf 'a\0b' > "$dir/userid" 2> /dev/null || fail "a NUL"
	head -c 255 /dev/zero | tr '\0' x > "$dir/userid" || fail "no name of 255 bytes"
	[ "$(wc -c < "$dir/userid")" = 256 ] || fail "another name"
	for file in userid password userid_mutual password_mutual; do
		echo NULL > "$dir/$file" && [ -z "$(cat "$dir/$file")" ] || fail "still set: $file"
	done
done
rmdir "$TPG/acls/$NAME:files"

echo "--- no secrets"
! "$CLIENT" logins $V4 $WWN 1 1 2> /dev/null || fail "let in without secrets"

echo "--- initiators without a node ACL"
secrets "$TPG/auth" $USER "$SECRET"
tried one-way $WWN
mutual "$TPG/auth" $TARGET_USER "$TARGET_SECRET"
tried mutual $WWN

echo "--- a node ACL"
secrets "$TPG/auth" other "another secret"
mkdir "$TPG/acls/$NAME:test"
! "$CLIENT" one-way $V4 $WWN > /dev/null 2>&1 || fail "let in without the list's secrets"
secrets "$TPG/acls/$NAME:test/auth" $USER "$SECRET"
tried one-way $WWN
# The list says that its initiator need not, or need, whatever the group says.
mkdir "$TPG/acls/$NAME:test-0"
! "$CLIENT" logins $V4 $WWN 1 1 2> /dev/null || fail "let in"
echo 0 > "$TPG/acls/$NAME:test-0/attrib/authentication"
"$CLIENT" logins $V4 $WWN 1 1 || fail "has to authenticate itself"
echo 1 > "$TPG/acls/$NAME:test-0/attrib/authentication"
echo 0 > "$TPG/attrib/authentication"
! "$CLIENT" logins $V4 $WWN 1 1 2> /dev/null || fail "let in"
echo -1 > "$TPG/acls/$NAME:test-0/attrib/authentication"
"$CLIENT" logins $V4 $WWN 1 1 || fail "has to authenticate itself"
echo 1 > "$TPG/attrib/authentication"
rmdir "$TPG/acls/$NAME:test" "$TPG/acls/$NAME:test-0"

echo "--- discovery"
"$CLIENT" logins $V4 $WWN 1 1 2> /dev/null && fail "let in"
DISCOVERY=$T/$FABRIC/discovery_auth
iscsi-ls iscsi://$V4 | grep -q $WWN || fail "no discovery"
echo 1 > "$DISCOVERY/enforce_discovery_auth"
! iscsi-ls iscsi://$V4 > /dev/null 2>&1 || fail "discovery without a proof"
secrets "$DISCOVERY" $USER "$SECRET"
tried one-way discovery
mutual "$DISCOVERY" $TARGET_USER "$TARGET_SECRET"
tried mutual discovery
echo 0 > "$DISCOVERY/enforce_discovery_auth"

no_target "$MODULE" "$FABRIC"
