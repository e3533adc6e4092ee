# SPDX-License-Identifier: GPL-2.0-only
#
# Three sessions exist at once: of two initiators with one target, over IPv4 and IPv6, and with
# another target. Two of them write.

. "$GUEST/iscsi_initiators_lib.sh"

two_targets
log_in ${WWN}1 $V6 default
A=$DISK
log_in ${WWN}1 $V4 second
B=$DISK
log_in ${WWN}2 $V4 default
C=$DISK
[ "$A" != "$B" ] && [ "$B" != "$C" ] || fail "disks: $A $B $C"
sort "$TPG1/dynamic_sessions"
verify "$C" 16 &
verify "$A" 16
wait $! || fail "the second target"
