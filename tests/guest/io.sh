#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# io.sh MODULE FABRIC WWN INITIATOR MIB: reads and writes of all sizes and
# depths, with checksums; a file system; protection information.

. "${0%/*}/lib.sh"

MODULE=$1
MIB=$5

modprobe "$MODULE" || exit 1
ramdisk io 96
port "$2" "$3" "$4"
link "$TPG" "$BACKSTORE"
DISK=$(disk "$TPG")

# One after the other, in one fio, which takes longer to start than to do one of them.
set -- --name=psync --ioengine=psync
for depth in 1 4 16 64; do
	set -- "$@" --name=io_uring.$depth --stonewall --ioengine=io_uring --iodepth=$depth
done
fio --name=global --filename="$DISK" --size="${MIB}m" --direct=1 --rw=randrw --bsrange=512-1m \
	--verify=crc32c --do_verify=1 --verify_fatal=1 --output=$SCRATCH/fio "$@" || {
	cat $SCRATCH/fio
	fail "fio"
}
[ "$(grep -c 'err= 0' $SCRATCH/fio)" -eq 5 ] || fail "not all jobs: $(cat $SCRATCH/fio)"
echo "fio: psync; io_uring, queue depths 1, 4, 16 and 64"

# A file system, what is written to it, and whether it is sound.
mkfs.ext4 -q -F "$DISK" > $SCRATCH/mkfs 2>&1 || fail "mkfs: $(cat $SCRATCH/mkfs)"
mkdir -p $SCRATCH/mount
mount "$DISK" $SCRATCH/mount || fail "mount"
cp -r /usr/share/common-licenses $SCRATCH/mount/ || fail "cp"
dd if=/dev/urandom of=$SCRATCH/mount/random bs=1M count=24 2> /dev/null || fail "dd"
sum=$(md5sum < $SCRATCH/mount/random)
umount $SCRATCH/mount || fail "umount"
mount "$DISK" $SCRATCH/mount || fail "mount again"
[ "$sum" = "$(md5sum < $SCRATCH/mount/random)" ] || fail "the file differs"
diff -r /usr/share/common-licenses $SCRATCH/mount/common-licenses || fail "files differ"
umount $SCRATCH/mount || fail "umount again"
fsck.ext4 -f -n "$DISK" > $SCRATCH/fsck 2>&1 || fail "fsck: $(cat $SCRATCH/fsck)"
echo "ext4: clean"
unlink "$TPG" || fail "cannot unlink"
drop_backstore "$BACKSTORE"

# Protection information: the block layer makes it, target core checks it, and
# it is passed on both ways.
ramdisk io 16
echo 1 > "$BACKSTORE/attrib/pi_prot_type" || fail "no protection information"
link "$TPG" "$BACKSTORE"
DISK=$(disk "$TPG")
integrity=/sys/block/${DISK##*/}/integrity
grep -q T10-DIF-TYPE1-CRC "$integrity/format" || fail "format $(cat "$integrity/format")"
verified_io "$DISK" 12
sg_readcap -l "$(generic "$TPG")" | grep -q prot_en=1 || fail "no protection enabled"
echo "protection information: $(cat "$integrity/format")"
unlink "$TPG" || fail "cannot unlink"

drop_port "$TPG" || fail "cannot remove the port"
drop_backstore "$BACKSTORE"
rmmod "$MODULE" || fail "cannot unload"
echo complete
