#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# reservations.sh MODULE FABRIC WWN INITIATOR DIR: tests names of ports, and
# persistent reservations by names of initiators. For busybox sh, since it makes
# thousands of directories.
#
# Files in DIR, written by the host: `names` to try; `initiators`, the names of node
# ACLs; `register` and `move`, parameter lists of PERSISTENT RESERVE OUT with the
# TransportIDs of all of these, and of the first; `refused.*`, parameter lists as in
# `register` with invalid TransportIDs.

. "${0%/*}/lib.sh"

modprobe "$1" || exit 1
FABRIC=$2
WWN=$3
INITIATOR=$4
DIR=$5
TPG=$T/$FABRIC/$WWN/tpgt_1
KEY=0x1234

# answer NAME COMMAND...: prints `yes` if the command succeeds, else `no`.
answer()
{
	title=$1
	shift
	if "$@" 2> /dev/null; then
		echo "$title yes"
	else
		echo "$title no"
	fi
}

# may_be PARENT NAME: returns true if a directory NAME can be created.
may_be()
{
	mkdir "$1/$2" && rmdir "$1/$2"
}

# persist OPTION...: runs sg_persist without output.
persist()
{
	sg_persist -o "$@" "$DEVICE" > $SCRATCH/persist 2>&1
}

# persistent_reserve_out ACTION FILE: sends the parameter list in a file.
persistent_reserve_out()
{
	size=$(wc -c < "$2")
	sg_raw -s "$size" -i "$2" "$DEVICE" 5f "$1" 0 0 0 0 0 \
		"$(printf %x $((size >> 8)))" "$(printf %x $((size & 255)))" 0 > $SCRATCH/raw 2>&1
}

# full_status TITLE: prints the data of READ FULL STATUS, with TransportIDs by target core.
full_status()
{
	sg_raw -r 65024 "$DEVICE" 5e 03 0 0 0 0 0 fe 0 0 -o $SCRATCH/status 2> /dev/null ||
		fail "READ FULL STATUS"
	echo "$1 $(hex $SCRATCH/status)"
}

mkdir "$T/$FABRIC" || fail "no fabric"
while read -r name; do
	answer "wwn $name" may_be "$T/$FABRIC" "$name"
done < "$DIR/names"
mkdir -p "$TPG" || fail "no port $WWN"
while read -r name; do
	answer "acl $name" may_be "$TPG/acls" "$name"
done < "$DIR/names"

ramdisk "$FABRIC" 4
port "$FABRIC" "$WWN" "$INITIATOR"
link "$TPG" "$BACKSTORE"
DEVICE=$(generic "$TPG")
answer register persist -G -S $KEY
answer reserve persist -R -K $KEY -T 5
full_status initiator
answer clear persist -C -K $KEY

# Accept iSCSI names without an ISID.
echo 0 > "$BACKSTORE/attrib/enforce_pr_isids"
# One process for many directories: it takes longer to start than a directory to create.
sed "s,.*,$TPG/acls/& $TPG/acls/&/lun_0," "$DIR/initiators" | xargs mkdir || fail "no node ACLs"
while read -r name; do
	ln -s "$TPG/lun/lun_0" "$TPG/acls/$name/lun_0/lun" || fail "no mapped LUN of $name"
done < "$DIR/initiators"
answer specified persistent_reserve_out 00 "$DIR/register"
full_status initiators
# Register this initiator in any case, and take the reservation, to move it.
persist -G -S $KEY
persist -R -K $KEY -T 5 || fail "cannot reserve: $(cat $SCRATCH/persist)"
# The relative target port identifier of the new holder: this port.
rtpi=$(cat "$TPG/rtpi")
printf "\\$(printf %03o $((rtpi >> 8)))\\$(printf %03o $((rtpi & 255)))" |
	dd of="$DIR/move" bs=1 seek=18 conv=notrunc 2> /dev/null
answer moved persistent_reserve_out 07 "$DIR/move"
full_status holder
persist -C -K $KEY || fail "cannot clear: $(cat $SCRATCH/persist)"
for file in "$DIR"/refused.*; do
	answer "${file##*/}" persistent_reserve_out 00 "$file"
done
# Nothing is removed: target core leaks a reference to each mapped LUN that REGISTER with
# SPEC_I_PT has found.
echo complete
