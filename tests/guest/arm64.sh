#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Init of a guest with another processor, in an initramfs with busybox: runs the test of
# the module tcm_nop, moves data through a disk of tcm_disk, listens with tcm_net, and
# unloads all. The harness reads the console.

export PATH=/bin
busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mkdir -p /var/target/pr /var/target/alua /etc/target
mount -t configfs none /sys/kernel/config

run()
{
	echo "=== $1"
	shift
	(set -e; "$@")
	echo "status $?"
}

# disk_session: writes a disk of the loopback module, and compares what it reads back.
disk_session()
{
	modprobe tcm_disk
	ramdisk disk 16
	port disk naa.5001405000000001 naa.5001405000000002
	link "$TPG" "$BACKSTORE"
	disk=$(disk "$TPG")
	dd if=/dev/urandom of=/tmp/data bs=64k count=192 2> /dev/null
	dd if=/tmp/data of="$disk" bs=64k conv=fsync 2> /dev/null
	echo 3 > /proc/sys/vm/drop_caches
	dd if="$disk" of=/tmp/back bs=64k count=192 2> /dev/null
	cmp /tmp/data /tmp/back
	echo "12 MiB are the same"
	unlink "$TPG"
	drop_port "$TPG"
	drop_backstore "$BACKSTORE"
}

# network_session: a target listens as long as its portal group is enabled.
network_session()
{
	. /tests/iscsi_lib.sh
	modprobe tcm_net
	target net iqn.2003-01.org.example.host:target 127.0.0.1:3260
	echo 1 > "$TPG/enable"
	grep ':0CBC 00000000:0000 0A' /proc/net/tcp
	echo 0 > "$TPG/enable"
	rmdir "$TPG/np/127.0.0.1:3260"
	drop_port "$TPG"
	! grep ':0CBC 00000000:0000 0A' /proc/net/tcp
}

unload()
{
	modprobe -a tcm_nop
	for name in tcm_nop tcm_disk tcm_net; do
		retry 20 rmmod $name
	done
	! grep tcm_ /proc/modules
}

. /tests/lib.sh
run kernel uname -m
run selftest sh /tests/selftest.sh
run disk disk_session
run network network_session
run unload unload
echo "=== end"
poweroff -f
