# SPDX-License-Identifier: GPL-2.0-only
#
# A write to a full backstore fails, and earlier data are kept.

. "$GUEST/faults_lib.sh"

mkdir -p $SCRATCH/small
mount -t tmpfs -o size=8m none $SCRATCH/small || fail "no tmpfs"
file_disk faults $SCRATCH/small/file 32
attach
dd if=/dev/urandom of=$SCRATCH/random bs=1M count=4 2> /dev/null
dd if=$SCRATCH/random of="$DISK" bs=64k oflag=direct 2> /dev/null || fail "a write that fits"
fails dd if=/dev/zero of="$DISK" bs=64k seek=64 count=300 oflag=direct || fail "no error"
dd if="$DISK" bs=64k count=64 iflag=direct 2> /dev/null | cmp - $SCRATCH/random || fail "data differ"
unlink "$TPG" || fail "cannot unlink"
drop_backstore "$BACKSTORE"
umount $SCRATCH/small || fail "the file is in use"
