#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Init on the kernel of a distribution: loads the three modules of session.sh, tests and
# unloads them, and prints the reports of the kernel. The harness reads the console.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export DISK_LOAD=/tcm/disk-load
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2> /dev/null
mount -t tmpfs tmp /tmp
mkdir -p /var/target/pr /var/target/alua /etc/target/pr

# howto: the session of the HOWTO.
howto()
{
	modprobe tcm_nab5000
	ramdisk ram 4
	mkdir -p $T/nab5000/iqn.foo/tpgt_1/lun/lun_0
	ln -s "$BACKSTORE" $T/nab5000/iqn.foo/tpgt_1/lun/lun_0/nab5000_port
	(cd $T/nab5000 && find . -mindepth 1 -maxdepth 5 | LC_ALL=C sort)
	lsmod | grep nab5000
	rm $T/nab5000/iqn.foo/tpgt_1/lun/lun_0/nab5000_port
	rmdir $T/nab5000/iqn.foo/tpgt_1/lun/lun_0 $T/nab5000/iqn.foo/tpgt_1
	rmdir $T/nab5000/iqn.foo $T/nab5000
	drop_backstore "$BACKSTORE"
}

# file_system DISK: creates a file system with a file, and checks the file after a remount.
file_system()
{
	disk=$1
	verified_io "$disk" 64
	mkfs.ext4 -q "$disk"
	mkdir -p /tmp/mnt
	mount "$disk" /tmp/mnt
	dd if=/dev/urandom of=/tmp/data bs=64k count=256 2> /dev/null
	cp /tmp/data /tmp/mnt/data
	umount /tmp/mnt
	mount "$disk" /tmp/mnt
	cmp /tmp/data /tmp/mnt/data
	umount /tmp/mnt
	echo "ext4 on $disk: the data are right"
}

# disk_session: a disk of the loopback module.
disk_session()
{
	modprobe tcm_disk
	modprobe sd_mod
	ramdisk disk 64
	port disk naa.5001405000000001 naa.5001405000000002
	link "$TPG" "$BACKSTORE"
	file_system "$(disk "$TPG")"
	unlink "$TPG"
	drop_port "$TPG"
	drop_backstore "$BACKSTORE"
}

# network_session: a disk of the iSCSI target, by the initiator of Debian.
network_session()
{
	. /tcm/iscsi_lib.sh
	modprobe tcm_net
	wwn=iqn.2003-01.org.example.host:target
	ramdisk network 64
	target net $wwn 127.0.0.1:3260
	link "$TPG" "$BACKSTORE"
	echo 1 > "$TPG/enable"
	initiator iqn.1994-05.org.example.client:initiator
	iscsiadm -m discovery -t sendtargets -p 127.0.0.1
	log_in $wwn 127.0.0.1:3260 default
	file_system "$DISK"
	log_out $wwn 127.0.0.1:3260 default
	iscsiadm -k 0
	drop_target "$TPG"
	rmdir $T/net
	drop_backstore "$BACKSTORE"
	retry 5 rmmod tcm_net
}

run()
{
	echo "=== $1"
	shift
	(set -e; "$@")
	echo "status $?"
}

# The self-tests unload their modules. This is an unload by a user.
unload_both()
{
	modprobe -a tcm_nab5000 tcm_disk
	rmmod tcm_nab5000 tcm_disk
	! grep -e tcm_nab5000 -e tcm_disk /proc/modules
}

modprobe configfs
mount -t configfs none /sys/kernel/config
. /tcm/lib.sh
run kernel uname -r
run howto howto
run selftest-nop sh /root/tcm_nab5000/selftest.sh
run disk disk_session
run selftest-disk sh /root/tcm_disk/selftest.sh
run network network_session
run unload unload_both
echo "=== log"
dmesg --level=emerg,alert,crit,err,warn
echo "=== end"
sync
echo o > /proc/sysrq-trigger
sleep 60
