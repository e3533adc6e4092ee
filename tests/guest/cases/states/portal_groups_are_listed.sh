# SPDX-License-Identifier: GPL-2.0-only
#
# The fabric lists its enabled portal groups. Each has a relative target port identifier of its own.

. "$GUEST/states_lib.sh"

portal_group
mkdir -p $PORT/tpgt_2 && echo 1 > $PORT/tpgt_2/enable || fail "second portal group"
[ "$(cat $TPG/rtpi)" != "$(cat $PORT/tpgt_2/rtpi)" ] || fail "one RTPI for two groups"
[ "$(wc -l < $FABRIC/groups)" -eq 2 ] || fail "not both groups are listed"
rmdir $PORT/tpgt_2
grep -qx "naa.5001405000000001 1" $FABRIC/groups || fail "the group is not listed"
