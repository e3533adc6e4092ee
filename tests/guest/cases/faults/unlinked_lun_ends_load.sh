# SPDX-License-Identifier: GPL-2.0-only
#
# A LUN unlinked under load ends the load. Linked again, it has a new disk.

. "$GUEST/faults_lib.sh"

a_disk
for engine in psync io_uring; do
	load busy "$DISK" 24 $engine
	unlink "$TPG" || fail "cannot unlink"
	# The load ends by itself, since its device is gone.
	retry 120 is_over || fail "the load hangs: $(cat /proc/$LOAD/wchan)"
	[ ! -e "$DISK" ] || fail "$DISK is still there"
	link "$TPG" "$BACKSTORE"
	DISK=$(disk "$TPG") || fail "$DISK"
	verified_io "$DISK" "$SIZE"
done
