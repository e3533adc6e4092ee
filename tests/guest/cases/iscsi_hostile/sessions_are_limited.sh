# SPDX-License-Identifier: GPL-2.0-only
#
# A portal group accepts at most max_sessions sessions.

. "$GUEST/iscsi_case_lib.sh"

a_target
echo 20 > "$TPG/attrib/max_sessions"
"$CLIENT" crowd $V4 $WWN 20 || fail "crowd"
everybody_goes
