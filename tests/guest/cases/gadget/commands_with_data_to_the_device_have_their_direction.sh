# SPDX-License-Identifier: GPL-2.0-only
#
# COMPARE AND WRITE, UNMAP, WRITE SAME and VERIFY work through both transports. The kernel's
# function refuses the first two. Target core accepts the data of VERIFY without a comparison.

. "$GUEST/gadget_lib.sh"

MISCOMPARE=14

# tries STATUS COMMAND...: the command must end with this status.
tries()
{
	wanted=$1
	shift
	"$@" > $SCRATCH/tried 2>&1
	status=$?
	[ $status -eq "$wanted" ] || fail "$1: status $status: $(cat $SCRATCH/tried)"
}

# blocks FILE TEXT COUNT: fills blocks of a file.
blocks()
{
	yes "$2" | dd of="$1" bs=512 count="$3" iflag=fullblock 2> /dev/null
}

# verify FILE: compares the first blocks of the disk by VERIFY (10) with data.
verify()
{
	sg_verify --lba=0 --count=4 --ndo=2048 --in="$1" "$GENERIC"
}

# carries: tries all of them on the disk.
carries()
{
	tries 0 dd if=$SCRATCH/a of="$DISK" oflag=direct bs=2048 count=1
	tries 0 verify $SCRATCH/a
	# A block to compare, and a block to write.
	head -c 512 $SCRATCH/a > $SCRATCH/both
	head -c 512 $SCRATCH/b >> $SCRATCH/both
	tries 0 sg_compare_and_write --in=$SCRATCH/both --lba=0 --num=1 --xferlen=1024 "$GENERIC"
	tries $MISCOMPARE sg_compare_and_write --in=$SCRATCH/both --lba=0 --num=1 --xferlen=1024 "$GENERIC"
	head -c 512 $SCRATCH/b > $SCRATCH/one
	holds 0 $SCRATCH/one
	dd if=$SCRATCH/a of=$SCRATCH/one bs=512 count=1 2> /dev/null
	for same in --10 --16; do
		tries 0 sg_write_same $same --lba=8 --num=64 --xferlen=512 --in=$SCRATCH/one "$GENERIC"
	done
	holds 71 $SCRATCH/one
	tries 0 sg_unmap --lba=64 --num=8 "$GENERIC"
	holds 64 $SCRATCH/zero
}

# holds BLOCK FILE: the disk must have the bytes of the file from this block on.
holds()
{
	dd if="$DISK" iflag=direct bs=512 skip="$1" count=4 2> /dev/null |
		cmp -n "$(stat -c %s "$2")" - "$2" || fail "other data at block $1"
}

# unmappable NAME: creates a disk with UNMAP.
unmappable()
{
	file_disk "$1" "$SCRATCH/$1" 8
	echo 1 > "$BACKSTORE/attrib/emulate_tpu" || fail "no UNMAP"
}

blocks $SCRATCH/a a 4
blocks $SCRATCH/b b 4
dd if=/dev/zero of=$SCRATCH/zero bs=512 count=1 2> /dev/null
controllers uas
unmappable ours
gadget 0 "$MODULE" "$FABRIC" "$FUNCTION"
plug 0
usb_disk 0
carries
unplug 0
through bot
plug 0
usb_disk 0
carries
# The kernel's function.
unplug 0
through uas
unmappable peer
gadget 1 usb_f_tcm usb_gadget tcm
plug 1
usb_disk 1
tries 0 dd if=$SCRATCH/a of="$DISK" oflag=direct bs=2048 count=1
! sg_compare_and_write --in=$SCRATCH/both --lba=0 --num=1 --xferlen=1024 "$GENERIC" \
	> $SCRATCH/tried 2>&1 || fail "usb_f_tcm has COMPARE AND WRITE"
! sg_unmap --lba=64 --num=8 "$GENERIC" > $SCRATCH/tried 2>&1 || fail "usb_f_tcm has UNMAP"
