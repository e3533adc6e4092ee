# SPDX-License-Identifier: GPL-2.0-only
#
# With secrets, but without authentication=1, an initiator may authenticate itself.

. "$GUEST/iscsi_case_lib.sh"

a_target
secrets "$TPG/auth" $USER "$SECRET"
"$CLIENT" optional $V4 $WWN || fail "optional"
