# SPDX-License-Identifier: GPL-2.0-only
#
# Data are right with one to 64 commands at once.

. "$GUEST/iscsi_initiators_lib.sh"

two_targets
log_in ${WWN}1 $V4 default
for depth in 1 4 16 64; do
	verify "$DISK" $depth
done
