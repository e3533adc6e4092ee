#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# iscsi_speed.sh MODULE FABRIC JOBS ROUNDS: runs fio on a disk of the fabric and on one of
# the kernel's iscsi_target_mod, alternately, without and with data digests. The kernel's
# initiator is logged in to both.

. "${0%/*}/lib.sh"
. "${0%/*}/iscsi_lib.sh"

WWN=iqn.2003-01.org.example.host:
JOBS=$3
ROUNDS=$4

# a_disk FABRIC NAME PORT: creates a target and logs in. DISK is the disk.
a_disk()
{
	ramdisk "$2" 64
	target "$1" $WWN"$2" 127.0.0.1:"$3"
	link "$TPG" "$BACKSTORE"
	echo 1 > "$TPG/enable" || fail "cannot enable"
	iscsiadm -m discovery -t sendtargets -p 127.0.0.1:"$3" > /dev/null || fail "no targets"
	log_in $WWN"$2" 127.0.0.1:"$3" default
}

# with_digests NAME PORT: logs in again with data digests. DISK is the disk.
with_digests()
{
	log_out $WWN"$1" 127.0.0.1:"$2" default
	iscsiadm -m node -T $WWN"$1" -o update -n node.conn[0].iscsi.DataDigest -v CRC32C
	log_in $WWN"$1" 127.0.0.1:"$2" default
}

modprobe iscsi_target_mod || exit 1
modprobe "$1" || exit 1
initiator iqn.1994-05.org.example.client:initiator1
a_disk "$2" ours 3261
OURS=$DISK
a_disk iscsi peer 3260
PEER=$DISK
. "${0%/*}/speed_loads.sh"
loads
with_digests ours 3261
OURS=$DISK
with_digests peer 3260
PEER=$DISK
WITH=", data digest"
loads
