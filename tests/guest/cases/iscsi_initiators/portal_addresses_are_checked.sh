# SPDX-License-Identifier: GPL-2.0-only
#
# An invalid portal address, or one of another portal group, is refused.

. "$GUEST/iscsi_initiators_lib.sh"

two_targets
mkdir "$T/$FABRIC/${WWN}1/tpgt_2" || fail "no second portal group"
for portal in $V4 nonsense 127.0.0.1; do
	! mkdir "$T/$FABRIC/${WWN}1/tpgt_2/np/$portal" 2> /dev/null || fail "portal $portal was accepted"
done
rmdir "$T/$FABRIC/${WWN}1/tpgt_2"
