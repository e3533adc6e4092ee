# SPDX-License-Identifier: GPL-2.0-only
#
# libiscsi's tools and QEMU use a target.

. "$GUEST/iscsi_initiators_lib.sh"

two_targets
iscsi-inq iscsi://$V4/${WWN}1/0 > $SCRATCH/inquiry || fail "no INQUIRY"
grep Vendor $SCRATCH/inquiry || fail "$(cat $SCRATCH/inquiry)"
if qemu-img info iscsi://$V4/${WWN}1/0 > $SCRATCH/qemu 2>&1; then
	qemu-io -f raw -c "write -P 0x5a 1M 1M" -c "read -P 0x5a 1M 1M" iscsi://$V4/${WWN}1/0 ||
		fail "QEMU"
fi
