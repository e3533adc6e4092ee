# SPDX-License-Identifier: GPL-2.0-only
#
# A transport set offline under load fails the load. Online again, it works.

. "$GUEST/faults_lib.sh"

a_disk
verified_io "$DISK" "$SIZE"
for engine in psync io_uring; do
	load busy "$DISK" 24 $engine
	echo offline > "$TPG/transport_status"
	[ "$(cat "$TPG/transport_status")" = offline ] || fail "not offline"
	! read_block || fail "a read while offline: $(cat $SCRATCH/dd)"
	stop_load
	echo online > "$TPG/transport_status"
	# The first command reports the loss of the nexus, and is retried.
	retry 60 read_block || fail "no read: $(cat $SCRATCH/dd)"
	verified_io "$DISK" "$SIZE"
done
