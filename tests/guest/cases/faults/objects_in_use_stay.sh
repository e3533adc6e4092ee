# SPDX-License-Identifier: GPL-2.0-only
#
# Nothing that a load uses can be removed.

. "$GUEST/faults_lib.sh"

a_disk
load busy "$DISK" 24 io_uring
fails rmdir "$TPG" || fail "the portal group went"
fails rmdir "${TPG%/*}" || fail "the target port went"
fails rmmod "$MODULE" || fail "the module went"
(echo NULL > "$TPG/nexus") 2> /dev/null && fail "the nexus went"
# The load goes on.
retry 60 is_loaded "$(commands)" || fail "the load has ended: $(cat $SCRATCH/load)"
stop_load
