# SPDX-License-Identifier: GPL-2.0-only
#
# A LUN that is unlinked under load ends the load, and has a new disk when it is linked.

. "$GUEST/faults_lib.sh"

a_disk
for engine in psync io_uring; do
	load busy "$DISK" 24 $engine
	unlink "$TPG" || fail "cannot unlink"
	# It finds the device gone, and ends by itself.
	retry 120 is_over || fail "the load hangs: $(cat /proc/$LOAD/wchan)"
	[ ! -e "$DISK" ] || fail "$DISK is still there"
	link "$TPG" "$BACKSTORE"
	DISK=$(disk "$TPG") || fail "$DISK"
	verified_io "$DISK" "$SIZE"
done
