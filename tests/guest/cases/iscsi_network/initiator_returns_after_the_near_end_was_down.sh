# SPDX-License-Identifier: GPL-2.0-only
#
# The initiator's end of the link goes down and up under load: the session ends and
# returns, and all data are right.

. "$GUEST/iscsi_network_lib.sh"

a_load
sever 3 ip link set near
end_load
