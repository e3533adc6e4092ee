# SPDX-License-Identifier: GPL-2.0-only
#
# Discovery needs authentication only if the fabric enforces it.

. "$GUEST/iscsi_case_lib.sh"

a_target_with_authentication
! is_let_in || fail "let in"
DISCOVERY=$T/$FABRIC/discovery_auth
iscsi-ls iscsi://$V4 | grep -q $WWN || fail "no discovery"
echo 1 > "$DISCOVERY/enforce_discovery_auth"
! iscsi-ls iscsi://$V4 > /dev/null 2>&1 || fail "discovery without a proof"
secrets "$DISCOVERY" $USER "$SECRET"
tried one-way discovery
mutual "$DISCOVERY" $TARGET_USER "$TARGET_SECRET"
tried mutual discovery
echo 0 > "$DISCOVERY/enforce_discovery_auth"
