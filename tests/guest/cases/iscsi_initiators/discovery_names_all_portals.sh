# SPDX-License-Identifier: GPL-2.0-only
#
# Discovery at each portal names all targets and all their portals.

. "$GUEST/iscsi_initiators_lib.sh"

two_targets
# found PORTAL OPTIONS...: checks discovery at a portal.
found()
{
	discover "$@" > $SCRATCH/found || fail "no discovery at $1"
	# Each line once, at every portal.
	for line in "$V4,1 ${WWN}1" "$V4,1 ${WWN}2" "$V6,1 ${WWN}1"; do
		[ "$(grep -cxF "$line" $SCRATCH/found)" -eq 1 ] || fail "no $line: $(cat $SCRATCH/found)"
	done
}
found $V4 -I default -I second
found $V6 -I default
iscsi-ls iscsi://$V4 > $SCRATCH/found || fail "libiscsi finds nothing"
grep -q ${WWN}1 $SCRATCH/found && grep -q ${WWN}2 $SCRATCH/found || fail "libiscsi: $(cat $SCRATCH/found)"
