#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# iscsi_hostile.sh MODULE FABRIC CLIENT CONNECTIONS LOGINS SECONDS SEED: what hostile
# or silent initiators do to a fabric that was generated with --data-path iscsi, by the
# harness's iscsi-client: PDUs, ends and silences that nobody wants, the same while
# the backstore is slow, CONNECTIONS that never log in, LOGINS of many at once, and
# mutated sessions for so many SECONDS.

. "${0%/*}/lib.sh"
. "${0%/*}/iscsi_lib.sh"

MODULE=$1
FABRIC=$2
CLIENT=$3
WWN=iqn.2003-01.org.example.host:target
V4=127.0.0.1:3261

nobody_is_there()
{
	[ -z "$(cat "$TPG/dynamic_sessions")" ]
}

one_target hostile "$MODULE" "$FABRIC" $WWN $V4

echo "--- hostile"
"$CLIENT" hostile $V4 $WWN || fail "hostile"
echo "--- silent"
LIST=$TPG/acls/iqn.1994-05.org.example.client:test
mkdir "$LIST" && mkdir "$LIST/lun_0" && ln -s "$TPG/lun/lun_0" "$LIST/lun_0/lun" || fail "no node ACL"
echo 5 > "$TPG/attrib/login_timeout"
echo 2 > "$LIST/attrib/dataout_timeout"
echo 1 > "$LIST/attrib/nopin_timeout"
echo 3 > "$LIST/attrib/nopin_response_timeout"
"$CLIENT" silent $V4 $WWN || fail "silent"
echo 15 > "$TPG/attrib/login_timeout"
rm "$LIST/lun_0/lun" && rmdir "$LIST/lun_0" "$LIST" || fail "cannot remove the node ACL"
echo "--- slow"
dd if=/dev/zero of=$SCRATCH/slow bs=1M count=4 2> /dev/null
LOOP=$(losetup -f --show $SCRATCH/slow) || fail "no loop device"
modprobe dm-delay || fail "no dm-delay"
dmsetup create slow --table "0 8192 delay $LOOP 0 1500" || fail "no delayed device"
dmsetup mknodes
RAM=$BACKSTORE
FAST=$TPG
block_disk slow /dev/mapper/slow
target "$FABRIC" ${WWN}slow $V4
link "$TPG" "$BACKSTORE"
echo 1 > "$TPG/enable"
"$CLIENT" slow $V4 ${WWN}slow || fail "slow"
drop_target "$TPG"
drop_backstore "$BACKSTORE"
[ ! -e "$BACKSTORE" ] || fail "cannot remove the slow backstore"
retry 30 dmsetup remove slow && losetup -d "$LOOP" || fail "the slow device is in use"
TPG=$FAST
BACKSTORE=$RAM
echo "--- flood"
# To an address of its own one comes from it, too.
ip addr add 10.9.9.5/32 dev lo && rmdir "$TPG/np/$V4" && mkdir "$TPG/np/0.0.0.0:3261" || fail "no address"
"$CLIENT" flood $V4 $WWN 10.9.9.5:3261 "$4" || fail "flood"
rmdir "$TPG/np/0.0.0.0:3261" && mkdir "$TPG/np/$V4" || fail "no portal"
echo "--- crowd"
echo 20 > "$TPG/attrib/max_sessions"
retry 10 nobody_is_there || fail "still there: $(cat "$TPG/dynamic_sessions")"
"$CLIENT" crowd $V4 $WWN 20 || fail "crowd"
echo 1024 > "$TPG/attrib/max_sessions"
echo "--- logins"
"$CLIENT" logins $V4 $WWN "$5" 8 || fail "logins"
echo "--- fuzz"
"$CLIENT" fuzz $V4 $WWN "$6" "$7" || fail "fuzz"
# Whoever is gone has left nothing behind.
retry 30 nobody_is_there || fail "still there: $(cat "$TPG/dynamic_sessions")"

no_target "$MODULE" "$FABRIC"
