# SPDX-License-Identifier: GPL-2.0-only
#
# Data are right with and without unsolicited data, with and without immediate data, and with
# short bursts.

. "$GUEST/iscsi_initiators_lib.sh"

two_targets
log_in ${WWN}1 $V4 default
CHANGED="InitialR2T ImmediateData MaxRecvDataSegmentLength FirstBurstLength MaxBurstLength"
for param in $CHANGED; do
	cat "$TPG1/param/$param" > "$SCRATCH/$param"
done
for param in "InitialR2T=No" "ImmediateData=No" "InitialR2T=Yes" \
	"MaxRecvDataSegmentLength=4096" "MaxBurstLength=8192" "FirstBurstLength=1024"; do
	echo "${param#*=}" > "$TPG1/param/${param%=*}" || fail "cannot set $param"
	log_in_again
	verify "$DISK" 16
done
for param in $CHANGED; do
	cat "$SCRATCH/$param" > "$TPG1/param/$param" || fail "cannot set $param again"
done
