# SPDX-License-Identifier: GPL-2.0-only
#
# A network portal listens only in the network namespace of the process that created it.

. "$GUEST/iscsi_initiators_lib.sh"

two_targets
ip netns add far && ip link add near type veth peer name far netns far || fail "no link"
ip addr add 10.9.9.2/24 dev near && ip link set near up || fail "no near end"
ip -n far addr add 10.9.9.1/24 dev far && ip -n far link set far up || fail "no far end"
nsenter --net=/run/netns/far mkdir "$TPG1/np/$FAR" || fail "no portal at the far end"
retry 10 iscsi-inq iscsi://$FAR/${WWN}1/0 > /dev/null || fail "no connection"
rmdir "$TPG1/np/$FAR" && ip link del near && ip netns del far || fail "cannot remove the link"
