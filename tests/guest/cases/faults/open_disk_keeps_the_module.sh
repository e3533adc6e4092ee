# SPDX-License-Identifier: GPL-2.0-only
#
# All objects below an open disk can be removed, but the module cannot be unloaded.

. "$GUEST/faults_lib.sh"

a_disk
exec 9< "$DISK"
unlink "$TPG" || fail "cannot unlink"
drop_port "$TPG" || fail "cannot remove the port"
fails rmmod "$MODULE" || fail "the module was unloaded"
exec 9<&-
retry 60 rmmod "$MODULE" 2> /dev/null || fail "cannot unload"
