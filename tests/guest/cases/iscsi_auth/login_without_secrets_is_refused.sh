# SPDX-License-Identifier: GPL-2.0-only
#
# Nobody logs in where authentication is wanted and no secret is set.

. "$GUEST/iscsi_case_lib.sh"

a_target_with_authentication
! is_let_in || fail "let in without secrets"
