# SPDX-License-Identifier: GPL-2.0-only
#
# A portal can be created before its address exists.

. "$GUEST/iscsi_case_lib.sh"

LATER=192.0.2.50:3260

a_target
mkdir "$TPG/np/$LATER" || fail "no portal at a missing address"
! "$CLIENT" logins $LATER $WWN 1 1 2> /dev/null || fail "logged in at a missing address"
ip addr add 192.0.2.50/32 dev lo || fail "no address"
"$CLIENT" logins $LATER $WWN 1 1 || fail "cannot log in at the new address"
ip addr del 192.0.2.50/32 dev lo && rmdir "$TPG/np/$LATER" || fail "cannot remove the portal"
