# SPDX-License-Identifier: GPL-2.0-only
#
# Objects that a load uses cannot be removed.

. "$GUEST/faults_lib.sh"

a_disk
load busy "$DISK" 24 io_uring
fails rmdir "$TPG" || fail "the portal group was removed"
fails rmdir "${TPG%/*}" || fail "the target port was removed"
fails rmmod "$MODULE" || fail "the module was unloaded"
(echo NULL > "$TPG/nexus") 2> /dev/null && fail "the nexus was removed"
# The load continues.
retry 60 is_loaded "$(commands)" || fail "the load has ended: $(cat $SCRATCH/load)"
stop_load
