# SPDX-License-Identifier: GPL-2.0-only
#
# Files of secrets are readable by root only, refuse invalid values, and are cleared by NULL.

. "$GUEST/iscsi_case_lib.sh"

a_target_with_authentication
mkdir "$TPG/acls/$NAME:files"
for dir in "$T/$FABRIC/discovery_auth" "$TPG/auth" "$TPG/acls/$NAME:files/auth"; do
	for file in userid password userid_mutual password_mutual; do
		[ "$(stat -c %a "$dir/$file")" = 600 ] || fail "others than root can read $dir/$file"
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
