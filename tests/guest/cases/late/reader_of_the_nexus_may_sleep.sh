# SPDX-License-Identifier: GPL-2.0-only
#
# A logout waits for a reader of the nexus, which sleeps for two seconds.

. "$GUEST/faults_lib.sh"

modprobe "$MODULE" || fail "no module"
port "$FABRIC" "$WWN" "$INITIATOR"
cat "$TPG/nexus" > /tmp/nexus &
READER=$!
sleep 1
echo NULL > "$TPG/nexus" || fail "no logout"
wait $READER || fail "no nexus is read"
[ "$(cat /tmp/nexus)" = "$INITIATOR" ] || fail "read $(cat /tmp/nexus)"
drop_port "$TPG" || fail "cannot remove the port"
