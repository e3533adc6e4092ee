# SPDX-License-Identifier: GPL-2.0-only
#
# A changed timeout applies to existing sessions.

. "$GUEST/iscsi_slow_lib.sh"

a_slow_target
node_acl $NAME:test
echo 0 > "$ACL/attrib/nopin_timeout"
"$CLIENT" pinged $V4 $WWN > $SCRATCH/pinged 2>&1 &
PINGED=$!
retry 10 grep -q waits $SCRATCH/pinged || fail "no session"
echo 1 > "$ACL/attrib/nopin_timeout"
wait $PINGED || fail "not pinged: $(cat $SCRATCH/pinged)"
