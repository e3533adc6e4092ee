# SPDX-License-Identifier: GPL-2.0-only
#
# A portal group takes as many sessions as max_sessions says.

. "$GUEST/iscsi_case_lib.sh"

a_target
echo 20 > "$TPG/attrib/max_sessions"
"$CLIENT" crowd $V4 $WWN 20 || fail "crowd"
everybody_goes
