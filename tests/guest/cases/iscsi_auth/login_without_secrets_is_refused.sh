# SPDX-License-Identifier: GPL-2.0-only
#
# Logins are refused if authentication is required and no secret is set.

. "$GUEST/iscsi_case_lib.sh"

a_target_with_authentication
! is_let_in || fail "let in without secrets"
