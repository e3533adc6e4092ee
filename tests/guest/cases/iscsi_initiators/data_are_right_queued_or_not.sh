# SPDX-License-Identifier: GPL-2.0-only
#
# Data are right with each submission type: direct, queued, and the default of the fabric.

. "$GUEST/iscsi_initiators_lib.sh"

two_targets
[ -e "$LUN1/attrib/submit_type" ] || skip "needs the attribute submit_type"
log_in ${WWN}1 $V4 default
for way in 1 2 0; do
	echo $way > "$LUN1/attrib/submit_type"
	log_in_again
	verify "$DISK" 16
done
