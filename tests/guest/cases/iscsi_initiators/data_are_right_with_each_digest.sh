# SPDX-License-Identifier: GPL-2.0-only
#
# Data are right with header digests, data digests, and both.

. "$GUEST/iscsi_initiators_lib.sh"

two_targets
log_in ${WWN}1 $V4 default
for digests in "CRC32C CRC32C" "None CRC32C" "CRC32C None" "None None"; do
	set_node ${WWN}1 $V4 default "node.conn[0].iscsi.HeaderDigest" "${digests% *}"
	set_node ${WWN}1 $V4 default "node.conn[0].iscsi.DataDigest" "${digests#* }"
	log_in_again
	verify "$DISK" 16
done
