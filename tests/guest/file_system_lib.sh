# SPDX-License-Identifier: GPL-2.0-only
#
# A file system on the block device DISK, for cases. To be sourced after lib.sh.

# make_file_system MIB: makes a file system with files, one of them with MIB megabytes of random
# data.
make_file_system()
{
	mkfs.ext4 -q -F "$DISK" > $SCRATCH/mkfs 2>&1 || fail "mkfs: $(cat $SCRATCH/mkfs)"
	mkdir -p $SCRATCH/mount
	mount "$DISK" $SCRATCH/mount || fail "mount"
	cp -r /usr/share/common-licenses $SCRATCH/mount/ || fail "cp"
	dd if=/dev/urandom of=$SCRATCH/mount/random bs=1M count="$1" 2> /dev/null || fail "dd"
	SUM=$(md5sum < $SCRATCH/mount/random)
	umount $SCRATCH/mount || fail "umount"
}

# check_file_system: checks the files, and the file system.
check_file_system()
{
	mount "$DISK" $SCRATCH/mount || fail "mount again"
	[ "$SUM" = "$(md5sum < $SCRATCH/mount/random)" ] || fail "the file differs"
	diff -r /usr/share/common-licenses $SCRATCH/mount/common-licenses || fail "files differ"
	umount $SCRATCH/mount || fail "umount again"
	fsck.ext4 -f -n "$DISK" > $SCRATCH/fsck 2>&1 || fail "fsck: $(cat $SCRATCH/fsck)"
}
