# SPDX-License-Identifier: GPL-2.0-only
#
# A file system that is pulled cleanly and plugged in again has its files, and fsck finds no error.

. "$GUEST/gadget_lib.sh"

MIB=48
a_gadget uas
mkfs.ext4 -q -F "$DISK" > $SCRATCH/mkfs 2>&1 || fail "mkfs: $(cat $SCRATCH/mkfs)"
mkdir -p $SCRATCH/mount
mount "$DISK" $SCRATCH/mount || fail "mount"
cp -r /usr/share/common-licenses $SCRATCH/mount/ || fail "cp"
dd if=/dev/urandom of=$SCRATCH/mount/random bs=1M count=8 2> /dev/null || fail "dd"
sum=$(md5sum < $SCRATCH/mount/random)
umount $SCRATCH/mount || fail "umount"
unplug 0
plug 0
usb_disk 0
mount "$DISK" $SCRATCH/mount || fail "mount again"
[ "$sum" = "$(md5sum < $SCRATCH/mount/random)" ] || fail "the file differs"
diff -r /usr/share/common-licenses $SCRATCH/mount/common-licenses || fail "files differ"
umount $SCRATCH/mount || fail "umount again"
fsck.ext4 -f -n "$DISK" > $SCRATCH/fsck 2>&1 || fail "fsck: $(cat $SCRATCH/fsck)"
