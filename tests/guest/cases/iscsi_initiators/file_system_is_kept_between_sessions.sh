# SPDX-License-Identifier: GPL-2.0-only
#
# A file system written in one session is complete in the next.

. "$GUEST/iscsi_initiators_lib.sh"

two_targets
log_in ${WWN}1 $V4 default
mkfs.ext4 -q "$DISK" && mkdir -p $SCRATCH/mnt && mount "$DISK" $SCRATCH/mnt || fail "no file system"
dd if=/dev/urandom of=$SCRATCH/mnt/file bs=1M count=8 2> /dev/null
sum=$(sha256sum < $SCRATCH/mnt/file)
umount $SCRATCH/mnt
log_in_again
mount "$DISK" $SCRATCH/mnt || fail "the file system is gone"
[ "$(sha256sum < $SCRATCH/mnt/file)" = "$sum" ] || fail "the file differs"
umount $SCRATCH/mnt
