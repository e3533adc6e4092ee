# SPDX-License-Identifier: GPL-2.0-only
#
# Each invalid PDU is answered or ends the connection.

. "$GUEST/iscsi_case_lib.sh"

a_target
# The target must close connections before this timeout of a silent login.
echo 30 > "$TPG/attrib/login_timeout" || fail "no long time to log in"
tried hostile $WWN
everybody_goes
