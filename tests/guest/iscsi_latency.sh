#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# iscsi_latency.sh MODULE FABRIC CLIENT: a fabric that was generated with --data-path
# iscsi, with a backstore that is slow and works in the thread of the connection: an
# answer leaves when it is there, and an initiator is dropped for its own silence alone.
# By the harness's iscsi-client.

. "${0%/*}/lib.sh"
. "${0%/*}/iscsi_lib.sh"

MODULE=$1
FABRIC=$2
CLIENT=$3
WWN=iqn.2003-01.org.example.host:target
V4=127.0.0.1:3261

# slow_writes MILLISECONDS: how long the device takes for a write.
slow_writes()
{
	dmsetup suspend slow &&
		echo "0 32768 delay $LOOP 0 0 $LOOP 0 $1" | dmsetup load slow &&
		dmsetup resume slow || fail "no delay"
}

dd if=/dev/zero of=$SCRATCH/slow bs=1M count=16 2> /dev/null
LOOP=$(losetup -f --show $SCRATCH/slow) || fail "no loop device"
modprobe dm-delay || fail "no dm-delay"
echo "0 32768 delay $LOOP 0 0" | dmsetup create slow || fail "no delayed device"
dmsetup mknodes
modprobe "$MODULE" || exit 1
# It writes through, which is the default of LIO.
file_disk slow /dev/mapper/slow 16
target "$FABRIC" $WWN $V4
link "$TPG" "$BACKSTORE"
echo 1 > "$TPG/enable" || fail "cannot enable"

echo "--- the first answer"
slow_writes 50
"$CLIENT" latency $V4 $WWN 32 || fail "latency"
echo "--- time of the target and the network"
LIST=$TPG/acls/iqn.1994-05.org.example.client:test
mkdir "$LIST" && mkdir "$LIST/lun_0" && ln -s "$TPG/lun/lun_0" "$LIST/lun_0/lun" || fail "no node ACL"
echo 2 > "$LIST/attrib/dataout_timeout"
echo 1 > "$LIST/attrib/nopin_timeout"
echo 3 > "$LIST/attrib/nopin_response_timeout"
slow_writes 150
"$CLIENT" busy $V4 $WWN || fail "busy"
slow_writes 0
echo "--- a timeout that changes"
echo 0 > "$LIST/attrib/nopin_timeout"
"$CLIENT" pinged $V4 $WWN > $SCRATCH/pinged 2>&1 &
PINGED=$!
retry 10 grep -q waits $SCRATCH/pinged || fail "no session"
echo 1 > "$LIST/attrib/nopin_timeout"
wait $PINGED || fail "not pinged: $(cat $SCRATCH/pinged)"
rm "$LIST/lun_0/lun" && rmdir "$LIST/lun_0" "$LIST" || fail "cannot remove the node ACL"

no_target "$MODULE" "$FABRIC"
retry 30 dmsetup remove slow && losetup -d "$LOOP" || fail "the slow device is in use"
