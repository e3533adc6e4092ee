# SPDX-License-Identifier: GPL-2.0-only
#
# The initiator's end of the wire is cut under load and mended: the session ends, comes
# back, and all data are right.

. "$GUEST/iscsi_network_lib.sh"

a_load
sever 3 ip link set near
end_load
