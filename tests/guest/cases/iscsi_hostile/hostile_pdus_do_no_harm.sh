# SPDX-License-Identifier: GPL-2.0-only
#
# Invalid PDUs and closed connections are answered, or end the connection.

. "$GUEST/iscsi_case_lib.sh"

a_target
# The target must close connections before this timeout of a silent login.
echo 30 > "$TPG/attrib/login_timeout" || fail "no long time to log in"
tried hostile $WWN
everybody_goes
