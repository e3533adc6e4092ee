# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of libiscsi with streams end. Their results are those without streams.

. "$GUEST/gadget_lib.sh"

# passed FILE: the number of tests that have passed.
passed()
{
	grep -c 'passed$' "$1"
}

MIB=64
a_gadget uas
iscsi-test-cu --dataloss -t SCSI "$GENERIC" < /dev/null > $SCRATCH/without 2>&1
drop_gadget 0
drop_backstore "$BACKSTORE"
a_gadget uas 1
iscsi-test-cu --dataloss -t SCSI "$GENERIC" < /dev/null > $SCRATCH/with 2>&1
[ "$(passed $SCRATCH/with)" -ge "$(passed $SCRATCH/without)" ] ||
	fail "$(diff $SCRATCH/without $SCRATCH/with)"
