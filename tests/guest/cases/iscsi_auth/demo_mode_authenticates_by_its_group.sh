# SPDX-License-Identifier: GPL-2.0-only
#
# Initiators without a node ACL are authenticated by the secrets of the portal group.

. "$GUEST/iscsi_case_lib.sh"

a_target_with_authentication
secrets "$TPG/auth" $USER "$SECRET"
tried one-way $WWN
mutual "$TPG/auth" $TARGET_USER "$TARGET_SECRET"
tried mutual $WWN
