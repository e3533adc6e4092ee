# SPDX-License-Identifier: GPL-2.0-only
#
# A flood of CONNECTIONS without a login does not stop initiators from logging in.

. "$GUEST/iscsi_case_lib.sh"

a_target
# A connection to a local address also comes from that address.
ip addr add 10.9.9.5/32 dev lo && rmdir "$TPG/np/$V4" && mkdir "$TPG/np/0.0.0.0:3261" || fail "no address"
"$CLIENT" flood $V4 $WWN 10.9.9.5:3261 "$CONNECTIONS" || fail "flood"
ip addr del 10.9.9.5/32 dev lo
