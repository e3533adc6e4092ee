# SPDX-License-Identifier: GPL-2.0-only
#
# A logout waits for a reader of the nexus: the abort handler, which sleeps for four seconds.

. "$GUEST/faults_lib.sh"

slow_disk late $SCRATCH/late
attach
impatient
# Longer than the time-out, of up to two seconds. The command ends while the abort handler
# sleeps, so it does not hold the logout up.
delay 3500
read_block &
READ=$!
retry 60 has_logged 0 "abort handler has a nexus: true" || fail "no abort"
mkdir "$TPG/acls/$INITIATOR" && rmdir "$TPG/acls/$INITIATOR" || fail "no logout"
has_logged 0 "abort handler still has" || fail "the logout did not wait"
wait $READ || true
delay 0
unlink "$TPG" || fail "cannot unlink"
drop_slow_disk
