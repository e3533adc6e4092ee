# SPDX-License-Identifier: GPL-2.0-only
#
# A network portal is an address that no other portal of the target has.

. "$GUEST/iscsi_initiators_lib.sh"

two_targets
mkdir "$T/$FABRIC/${WWN}1/tpgt_2" || fail "no second portal group"
for portal in $V4 nonsense 127.0.0.1; do
	! mkdir "$T/$FABRIC/${WWN}1/tpgt_2/np/$portal" 2> /dev/null || fail "took portal $portal"
done
rmdir "$T/$FABRIC/${WWN}1/tpgt_2"
