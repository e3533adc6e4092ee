# SPDX-License-Identifier: GPL-2.0-only
#
# PDUs and ends that no initiator should send are answered or end their connection.

. "$GUEST/iscsi_case_lib.sh"

a_target
# The client wants to see that a connection ends before the target finds it silent.
echo 30 > "$TPG/attrib/login_timeout" || fail "no long time to log in"
tried hostile $WWN
everybody_goes
