# SPDX-License-Identifier: GPL-2.0-only
#
# A portal at a link-local address has a zone, which discovery does not show.

. "$GUEST/iscsi_case_lib.sh"

a_target
ip link add local type veth peer name other && ip link set local up && ip link set other up &&
	ip -6 addr add fe80::5/64 dev local nodad ||
	fail "no link-local address"
mkdir "$TPG/np/[fe80::5%local]:3270" || fail "no portal in a zone"
! mkdir "$TPG/np/[fe80::5%nowhere]:3270" 2> /dev/null || fail "a portal at no interface"
iscsi-ls iscsi://$V4 > $SCRATCH/targets || fail "no discovery"
grep -q 'fe80::5\]:3270' $SCRATCH/targets || fail "another address: $(cat $SCRATCH/targets)"
! grep -q % $SCRATCH/targets || fail "the zone is shown: $(cat $SCRATCH/targets)"
rmdir "$TPG/np/[fe80::5%local]:3270" && ip link del local || fail "cannot remove the portal"
