# SPDX-License-Identifier: GPL-2.0-only
#
# A read that fails in the backstore has no payload: target core has not cleared its memory.

. "$GUEST/states_lib.sh"

two_sessions
unlink $TPG || fail "cannot unlink"
drop_backstore "$BACKSTORE"
DISK=$SCRATCH/disk
dd if=/dev/zero of=$DISK bs=1M count=4 2> /dev/null
LOOP=$(losetup -f --show $DISK) || fail "no loop device"
modprobe dm-mod || fail "no device mapper"
half_a_disk()
{
	printf '0 8 linear %s 0\n8 8184 error\n' "$LOOP"
}
half_a_disk | dmsetup create half || fail "no disk that fails"
dmsetup mknodes
block_disk half /dev/mapper/half
link $TPG "$BACKSTORE"
tell submit $a 30 0 read 512 00 $READ
result 30 "status 00 sense 0/00/00 residual =0 payload 512 00"
# Four sectors that are there, and four that fail.
tell submit $a 31 0 read 4096 00 28000000000400000800
result 31 "status 02 sense ./../.. residual .* payload 0 -"
# Sectors that fail alone.
tell submit $a 32 0 read 512 00 28000000000900000100
result 32 "status 02 sense ./../.. residual .* payload 0 -"
unlink $TPG || fail "cannot unlink"
drop_backstore "$BACKSTORE"
BACKSTORE=
dmsetup remove half && losetup -d "$LOOP"
