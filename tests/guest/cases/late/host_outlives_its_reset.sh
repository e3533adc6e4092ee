# SPDX-License-Identifier: GPL-2.0-only
#
# A host is removed during its reset handler, which takes ten seconds.

. "$GUEST/faults_lib.sh"

a_disk 1
GENERIC=$(generic "$TPG") || fail "$GENERIC"
sg_reset -d "$GENERIC" &
RESET=$!
# resets: returns true if sg_reset is in the handler.
resets()
{
	grep -q "sleep" /proc/$RESET/wchan
}
retry 60 resets || fail "no reset: $(cat /proc/$RESET/comm /proc/$RESET/wchan)"
unlink "$TPG" || fail "cannot unlink"
resets || fail "the reset has ended too soon"
drop_port "$TPG" || fail "cannot remove the port"
wait $RESET
