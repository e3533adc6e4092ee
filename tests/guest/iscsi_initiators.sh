#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# iscsi_initiators.sh MODULE FABRIC MIB [DISK_LOAD]: real initiators at a fabric
# that was generated with --data-path iscsi: the kernel's own with open-iscsi's
# tools, libiscsi's tools, QEMU. MIB megabytes are written and verified at each
# queue depth. DISK_LOAD is the harness's disk-load, where fio takes long to
# start.

. "${0%/*}/lib.sh"
. "${0%/*}/iscsi_lib.sh"

MODULE=$1
FABRIC=$2
MIB=$3
DISK_LOAD=$4
WWN=iqn.2003-01.org.example.host:target
FIRST=iqn.1994-05.org.example.client:first
SECOND=iqn.1994-05.org.example.client:second
V4=127.0.0.1:3261
V6=[::1]:3262
FAR=10.9.9.1:3260

# is_back DISK: its session has recovered. iscsid looks at its clock when somebody
# asks it something.
is_back()
{
	iscsiadm -m session -P 1 > /dev/null
	timeout 2 dd if="$1" of=/dev/null bs=4k count=1 iflag=direct 2> /dev/null
}

# set_node WWN PORTAL IFACE NAME VALUE
set_node()
{
	iscsiadm -m node -T "$1" -p "$2" -I "$3" -o update -n "$4" -v "$5" ||
		fail "no setting $4"
}

modprobe "$MODULE" || exit 1

echo "--- targets"
ramdisk first 64
LUN1=$BACKSTORE
ramdisk second 64
LUN2=$BACKSTORE
target "$FABRIC" "${WWN}1" $V4 $V6
TPG1=$TPG
link "$TPG1" "$LUN1"
target "$FABRIC" "${WWN}2" $V4
TPG2=$TPG
link "$TPG2" "$LUN2"
echo 1 > "$TPG1/enable" && echo 1 > "$TPG2/enable" || fail "cannot enable"
mkdir "$T/$FABRIC/${WWN}1/tpgt_2" || fail "no second portal group"
# One target has an address once; an address must be one.
for portal in $V4 nonsense 127.0.0.1; do
	! mkdir "$T/$FABRIC/${WWN}1/tpgt_2/np/$portal" 2> /dev/null || fail "took portal $portal"
done
rmdir "$T/$FABRIC/${WWN}1/tpgt_2"

echo "--- discovery"
initiator $FIRST
iscsiadm -m iface -I second --op=new > /dev/null || fail "no second interface"
iscsiadm -m iface -I second --op=update -n iface.initiatorname -v $SECOND > /dev/null
# The address in what another one tells is the one that was asked.
iscsiadm -m discovery -t sendtargets -p $V4 -I default -I second | sort -u
iscsiadm -m discovery -t sendtargets -p $V6 -I default | sort -u
iscsi-ls iscsi://$V4

echo "--- a file system"
log_in ${WWN}1 $V4 default
mkfs.ext4 -q "$DISK" && mkdir -p $SCRATCH/mnt && mount "$DISK" $SCRATCH/mnt || fail "no file system"
dd if=/dev/urandom of=$SCRATCH/mnt/file bs=1M count=8 2> /dev/null
sum=$(sha256sum < $SCRATCH/mnt/file)
umount $SCRATCH/mnt
log_out ${WWN}1 $V4 default
log_in ${WWN}1 $V4 default
mount "$DISK" $SCRATCH/mnt || fail "the file system is gone"
[ "$(sha256sum < $SCRATCH/mnt/file)" = "$sum" ] || fail "the file differs"
umount $SCRATCH/mnt

echo "--- queue depths"
for depth in 1 4 16 64; do
	verify "$DISK" $depth
done

echo "--- ways to negotiate"
for digests in "CRC32C CRC32C" "None CRC32C" "CRC32C None"; do
	log_out ${WWN}1 $V4 default
	set_node ${WWN}1 $V4 default "node.conn[0].iscsi.HeaderDigest" "${digests% *}"
	set_node ${WWN}1 $V4 default "node.conn[0].iscsi.DataDigest" "${digests#* }"
	log_in ${WWN}1 $V4 default
	verify "$DISK" 16
done
set_node ${WWN}1 $V4 default "node.conn[0].iscsi.HeaderDigest" None
set_node ${WWN}1 $V4 default "node.conn[0].iscsi.DataDigest" None
# What the target is ready for: data unasked, none with the command, short ones.
for param in "InitialR2T=No" "ImmediateData=No" "InitialR2T=Yes" \
	"MaxRecvDataSegmentLength=4096" "MaxBurstLength=8192" "FirstBurstLength=1024"; do
	log_out ${WWN}1 $V4 default
	echo "${param#*=}" > "$TPG1/param/${param%=*}" || fail "cannot set $param"
	log_in ${WWN}1 $V4 default
	verify "$DISK" 16
done
# Queued or not: the data that come with a command wait for its memory.
for way in 0 1 2; do
	[ -e "$LUN1/attrib/submit_type" ] || break
	echo $way > "$LUN1/attrib/submit_type"
	log_out ${WWN}1 $V4 default
	log_in ${WWN}1 $V4 default
	verify "$DISK" 16
done

echo "--- several at once"
# Another initiator at the same target, and the first one at another, by IPv6 too.
log_out ${WWN}1 $V4 default
log_in ${WWN}1 $V6 default
A=$DISK
log_in ${WWN}1 $V4 second
B=$DISK
log_in ${WWN}2 $V4 default
C=$DISK
[ "$A" != "$B" ] && [ "$B" != "$C" ] || fail "disks: $A $B $C"
sort "$TPG1/dynamic_sessions"
verify "$C" 16 &
verify "$A" 16
wait $! || fail "the second target"

echo "--- reservations"
sg_persist -o --register --param-sark=1 "$A" > /dev/null 2>&1 || fail "cannot register"
sg_persist -o --register --param-sark=2 "$B" > /dev/null 2>&1 || fail "cannot register"
sg_persist -o --reserve --param-rk=1 --prout-type=5 "$A" > /dev/null 2>&1 || fail "cannot reserve"
dd if="$B" of=/dev/null bs=4k count=1 iflag=direct 2> /dev/null || fail "cannot read"
sg_persist -i -s "$A"
# The relative target port is a designator of four bytes, of type 4, SPC-4 section 7.8.6.7.
for disk in "$A" "$C"; do
	sg_inq -p 0x83 -r "$disk" | od -An -v -tx1 | tr -d '\n' |
		grep -o "51 94 00 04 00 00 .. .." || fail "no relative target port"
done
sg_persist -o --clear --param-rk=1 "$A" > /dev/null 2>&1 || fail "cannot clear"
log_out ${WWN}1 $V4 second
log_out ${WWN}1 $V6 default
log_out ${WWN}2 $V4 default

echo "--- node ACLs"
mkdir "$TPG1/acls/$FIRST" || fail "no node ACL"
mkdir "$TPG1/acls/$FIRST/lun_0" && ln -s "$TPG1/lun/lun_0" "$TPG1/acls/$FIRST/lun_0/lun" ||
	fail "no mapped LUN"
echo 0 > "$TPG1/attrib/generate_node_acls"
log_in ${WWN}1 $V4 default
cat "$TPG1/acls/$FIRST/info"
! iscsiadm -m node -T ${WWN}1 -p $V4 -I second --login > /dev/null 2>&1 || fail "no ACL, but logged in"
! iscsi-inq -i $SECOND iscsi://$V4/${WWN}1/0 > /dev/null 2>&1 || fail "no ACL, but logged in"
# The list goes away with a session: its initiator is cut off.
rm "$TPG1/acls/$FIRST/lun_0/lun" && rmdir "$TPG1/acls/$FIRST/lun_0" "$TPG1/acls/$FIRST" ||
	fail "cannot remove the node ACL"
log_out ${WWN}1 $V4 default
echo 1 > "$TPG1/attrib/generate_node_acls"

echo "--- another namespace"
# The portal is where the far end of the wire is, and nowhere else.
ip netns add far && ip link add near type veth peer name far netns far || fail "no wire"
ip addr add 10.9.9.2/24 dev near && ip link set near up || fail "no near end"
ip -n far addr add 10.9.9.1/24 dev far && ip -n far link set far up || fail "no far end"
nsenter --net=/run/netns/far mkdir "$TPG1/np/$FAR" || fail "no portal at the far end"
retry 10 iscsi-inq iscsi://$FAR/${WWN}1/0 > /dev/null || fail "no way through"
rmdir "$TPG1/np/$FAR" && ip link del near && ip netns del far || fail "cannot remove the wire"

echo "--- other initiators"
iscsi-inq iscsi://$V4/${WWN}1/0 | grep Vendor
if qemu-img info iscsi://$V4/${WWN}1/0 > $SCRATCH/qemu 2>&1; then
	qemu-io -f raw -c "write -P 0x5a 1M 1M" -c "read -P 0x5a 1M 1M" iscsi://$V4/${WWN}1/0 ||
		fail "QEMU"
fi

echo "--- the end"
# An initiator that is logged in is asked to log out, and logs in again once it may.
log_in ${WWN}2 $V4 default
echo 0 > "$TPG2/enable" || fail "cannot disable"
! iscsi-inq iscsi://$V4/${WWN}2/0 > /dev/null 2>&1 || fail "disabled, but logged in"
echo 1 > "$TPG2/enable"
retry 20 is_back "$DISK" || fail "not back"
log_out ${WWN}2 $V4 default
drop_target "$TPG1"
drop_target "$TPG2"
drop_backstore "$LUN1"
drop_backstore "$LUN2"
rmdir "$T/$FABRIC" || fail "cannot remove the fabric"
iscsiadm -k 0
retry 5 rmmod "$MODULE" || fail "cannot unload"
retry 5 rmmod iscsi_tcp || fail "cannot unload iscsi_tcp"
echo "--- complete"
