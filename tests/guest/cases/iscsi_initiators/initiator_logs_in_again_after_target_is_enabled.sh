# SPDX-License-Identifier: GPL-2.0-only
#
# The initiator of a disabled target logs out, and logs in again when the target is enabled.

. "$GUEST/iscsi_initiators_lib.sh"

two_targets
# is_back: reads the disk. Queries iscsid before, since it checks its timers only then.
is_back()
{
	iscsiadm -m session -P 1 > /dev/null
	timeout 2 dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct 2> /dev/null
}
log_in ${WWN}2 $V4 default
echo 0 > "$TPG2/enable" || fail "cannot disable"
! iscsi-inq iscsi://$V4/${WWN}2/0 > /dev/null 2>&1 || fail "disabled, but logged in"
echo 1 > "$TPG2/enable"
retry 60 is_back || fail "the session does not return: $(iscsiadm -m session -P 1)"
