# SPDX-License-Identifier: GPL-2.0-only
#
# CONNECTIONS that never log in keep no initiator from logging in.

. "$GUEST/iscsi_case_lib.sh"

a_target
# To an address of its own one comes from it, too.
ip addr add 10.9.9.5/32 dev lo && rmdir "$TPG/np/$V4" && mkdir "$TPG/np/0.0.0.0:3261" || fail "no address"
"$CLIENT" flood $V4 $WWN 10.9.9.5:3261 "$CONNECTIONS" || fail "flood"
ip addr del 10.9.9.5/32 dev lo
