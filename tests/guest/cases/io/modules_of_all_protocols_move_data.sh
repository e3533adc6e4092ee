# SPDX-License-Identifier: GPL-2.0-only
#
# A module for each protocol moves data, with port names of that protocol. FABRICS has a line for
# each: module, fabric, target port, initiator.

. "$GUEST/io_lib.sh"

while read -r MODULE FABRIC WWN INITIATOR; do
	a_disk 8
	verified_io "$DISK" 4
	no_disk
	TPG=
	echo "$FABRIC"
done < "$FABRICS"
