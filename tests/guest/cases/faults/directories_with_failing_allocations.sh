# SPDX-License-Identifier: GPL-2.0-only
#
# All objects are created and removed in 50 rounds while allocations fail at random.

. "$GUEST/faults_lib.sh"

need_failing_memory
modprobe "$MODULE" && mkdir "$T/$FABRIC" || fail "no fabric"
ramdisk faults 1
allocations_fail
echo 10 > $F/probability
echo -1 > $F/times
"$TOOL" faults "$T/$FABRIC" "$WWN" "$INITIATOR" "$BACKSTORE" 50 > $SCRATCH/faults || fail "rounds"
echo 0 > $F/probability
cat $SCRATCH/faults
grep -q "50 rounds complete" $SCRATCH/faults || fail "not all rounds"
rmdir "$T/$FABRIC" || fail "cannot remove the fabric"
