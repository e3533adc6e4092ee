# SPDX-License-Identifier: GPL-2.0-only
#
# The device copies blocks from the memory of a read to that of a write: the payload in
# one page, in several, and in several that begin at different offsets.

. "$GUEST/edu_lib.sh"

# copied FROM TO BLOCKS OFFSET
copied()
{
	tell copy "$1 $2 $3 0 $4" || fail "cannot copy $3 blocks"
	want "status 0"
	want "free 2"
	cmp -n $(($3 * 512)) -i $(($1 * 512)):$(($2 * 512)) "$file" "$file" ||
		fail "$3 blocks differ"
}

file=$SCRATCH/edu
head -c 1048576 /dev/urandom > "$file"
file_disk edu "$file" 1
portal_group none
copied 0 16 8 0
copied 1 32 16 0
copied 3 64 9 32
