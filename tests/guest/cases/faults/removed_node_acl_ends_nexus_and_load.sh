# SPDX-License-Identifier: GPL-2.0-only
#
# A node ACL removed under load ends its nexus and the load. Another nexus works.

. "$GUEST/faults_lib.sh"

modprobe "$MODULE" && mkdir -p "$TPG" || fail "no port"
ramdisk faults 32
mkdir "$TPG/acls/$INITIATOR" || fail "no node ACL"
link "$TPG" "$BACKSTORE"
mkdir "$TPG/acls/$INITIATOR/lun_0" || fail "no mapped LUN"
ln -s "$TPG/lun/lun_0" "$TPG/acls/$INITIATOR/lun_0/lun_0" || fail "no mapped LUN"
echo 0 > "$TPG/acls/$INITIATOR/lun_0/write_protect"
echo "$INITIATOR" > "$TPG/nexus" || fail "no nexus"
DISK=$(disk "$TPG") || fail "$DISK"
verified_io "$DISK" "$SIZE"
load busy "$DISK" 24 io_uring
rm "$TPG/acls/$INITIATOR/lun_0/lun_0" || fail "mapped LUN"
rmdir "$TPG/acls/$INITIATOR/lun_0" || fail "mapped LUN"
rmdir "$TPG/acls/$INITIATOR" || fail "node ACL"
fails cat "$TPG/nexus" || fail "the nexus outlives its node ACL"
stop_load
unlink "$TPG" || fail "cannot unlink"
echo "$INITIATOR" > "$TPG/nexus" || fail "no nexus"
link "$TPG" "$BACKSTORE"
DISK=$(disk "$TPG") || fail "$DISK"
verified_io "$DISK" "$SIZE"
