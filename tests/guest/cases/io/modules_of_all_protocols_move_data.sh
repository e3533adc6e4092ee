# SPDX-License-Identifier: GPL-2.0-only
#
# Data are right with the port names of each protocol. FABRICS has a line for each: module, fabric,
# target port, initiator.

. "$GUEST/io_lib.sh"

while read -r MODULE FABRIC WWN INITIATOR; do
	a_disk 8
	verified_io "$DISK" 4
	no_disk
	TPG=
	echo "$FABRIC"
done < "$FABRICS"
