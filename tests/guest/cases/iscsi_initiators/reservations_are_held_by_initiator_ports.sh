# SPDX-License-Identifier: GPL-2.0-only
#
# READ FULL STATUS names registered initiator ports by name and ISID. VPD page 83h has the relative
# target port identifier (RTPI) of the target port.

. "$GUEST/iscsi_initiators_lib.sh"

two_targets
log_in ${WWN}1 $V6 default
A=$DISK
log_in ${WWN}1 $V4 second
B=$DISK
log_in ${WWN}2 $V4 default
C=$DISK
sg_persist -o --register --param-sark=1 "$A" > /dev/null 2>&1 || fail "cannot register"
sg_persist -o --register --param-sark=2 "$B" > /dev/null 2>&1 || fail "cannot register"
sg_persist -o --reserve --param-rk=1 --prout-type=5 "$A" > /dev/null 2>&1 || fail "cannot reserve"
dd if="$B" of=/dev/null bs=4k count=1 iflag=direct 2> /dev/null || fail "cannot read"
sg_persist -i -s "$A" > $SCRATCH/persist
for name in $FIRST $SECOND; do
	grep -q "$name,i,0x00023d" $SCRATCH/persist || fail "no $name: $(cat $SCRATCH/persist)"
done
# The relative target port is a designator of four bytes, of type 4, SPC-4 section 7.8.6.7.
# port DISK TPG: checks the RTPI of a disk.
port()
{
	wanted="51 94 00 04 00 00 00 $(printf %02x "$(($(cat "$2/rtpi")))")"
	sg_inq -p 0x83 -r "$1" | od -An -v -tx1 | tr -d '\n' > $SCRATCH/page
	grep -q "$wanted" $SCRATCH/page || fail "no $wanted in $(cat $SCRATCH/page)"
}
port "$A" "$TPG1"
port "$C" "$TPG2"
[ "$(cat "$TPG1/rtpi")" != "$(cat "$TPG2/rtpi")" ] || fail "one RTPI for two ports"
sg_persist -o --clear --param-rk=1 "$A" > /dev/null 2>&1 || fail "cannot clear"
