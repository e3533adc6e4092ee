# SPDX-License-Identifier: GPL-2.0-only
#
# LOGINS logins succeed, eight at a time.

. "$GUEST/iscsi_case_lib.sh"

a_target
"$CLIENT" logins $V4 $WWN "$LOGINS" 8 || fail "logins"
everybody_goes
