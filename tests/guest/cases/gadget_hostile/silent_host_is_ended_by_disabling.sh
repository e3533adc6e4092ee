# SPDX-License-Identifier: GPL-2.0-only
#
# A host that does not send the data of a write holds its LUN: unlinking waits. Disabling the
# portal group ends the wait.

. "$GUEST/gadget_lib.sh"

sleeps()
{
	grep -q '^State:.*D' "/proc/$1/status"
}

a_gadget uas
mkfifo $SCRATCH/silence
"$CLIENT" silent ${PRODUCT}0 < $SCRATCH/silence > $SCRATCH/said &
client=$!
exec 3> $SCRATCH/silence
retry 60 grep -qx silent $SCRATCH/said || fail "the host is not silent"
rm "$TPG/lun/lun_0/port" &
unlinking=$!
retry 20 sleeps $unlinking || fail "unlinking does not wait"
echo 0 > "$TPG/enable" || fail "cannot disable"
wait $unlinking || fail "cannot unlink"
exec 3>&-
wait $client
rmdir "$TPG/lun/lun_0" || fail "cannot remove the LUN"
