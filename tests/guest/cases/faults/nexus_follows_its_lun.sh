# SPDX-License-Identifier: GPL-2.0-only
#
# A LUN has no disk without a nexus, and a second nexus is refused.

. "$GUEST/faults_lib.sh"

modprobe "$MODULE" && mkdir -p "$TPG" || fail "no port"
ramdisk faults 32
link "$TPG" "$BACKSTORE"
[ ! -d "/sys/class/scsi_device/$(cat "$TPG/address"):0" ] || fail "a disk without a nexus"
fails cat "$TPG/nexus" || fail "a nexus before it was created"
echo "$INITIATOR" > "$TPG/nexus" || fail "no nexus"
[ "$(cat "$TPG/nexus")" = "$INITIATOR" ] || fail "another nexus"
! (echo "$INITIATOR" > "$TPG/nexus") 2> /dev/null || fail "a second nexus"
DISK=$(disk "$TPG") || fail "$DISK"
verified_io "$DISK" "$SIZE"
