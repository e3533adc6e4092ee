# SPDX-License-Identifier: GPL-2.0-only
#
# Shared functions for iSCSI: targets and portals of the kernel's iscsi_target_mod, or of
# a module generated with --data-path iscsi. To be sourced after lib.sh.

# Credentials of the initiator and of the target, the same as in iscsi-client.
USER=reader
SECRET="a secret of the initiator's"
TARGET_USER=librarian
TARGET_SECRET="a secret of the target's"

mkdir -p /var/target/pr /etc/target
ip link set lo up || exit 1

# target FABRIC WWN ADDRESS:PORT...: creates a portal group in demo mode without
# authentication. TPG is its directory.
target()
{
	TPG=$T/$1/$2/tpgt_1
	shift 2
	mkdir -p "$TPG" || fail "no target"
	echo 0 > "$TPG/attrib/authentication"
	echo 1 > "$TPG/attrib/generate_node_acls"
	echo 0 > "$TPG/attrib/demo_mode_write_protect"
	for portal in "$@"; do
		mkdir "$TPG/np/$portal" || fail "no portal $portal"
	done
}

# one_target NAME MODULE FABRIC WWN ADDRESS:PORT: loads the module, and enables a target
# with a RAM disk NAME, whose directory is BACKSTORE.
one_target()
{
	modprobe "$2" || exit 1
	ramdisk "$1" 16
	target "$3" "$4" "$5"
	link "$TPG" "$BACKSTORE"
	echo 1 > "$TPG/enable" || fail "cannot enable"
}

# no_target MODULE FABRIC: removes all of that, and unloads the module.
no_target()
{
	drop_target "$TPG"
	drop_backstore "$BACKSTORE"
	rmdir "$T/$2"
	retry 5 rmmod "$1" || fail "cannot unload"
	echo "--- complete"
}

# drop_target TPG: removes a target with its LUNs and portals.
drop_target()
{
	echo 0 > "$1/enable" || fail "cannot disable"
	for lun in "$1"/lun/lun_*; do
		[ -e "$lun" ] || continue
		rm -f "$lun"/port && rmdir "$lun" || fail "cannot unlink"
	done
	rmdir "$1"/np/* "$1" "${1%/*}" || fail "cannot remove the target"
}

# node_acl NAME: creates a node ACL with LUN 0 in TPG. ACL is its directory.
node_acl()
{
	ACL=$TPG/acls/$1
	mkdir "$ACL" "$ACL/lun_0" && ln -s "$TPG/lun/lun_0" "$ACL/lun_0/lun" || fail "no node ACL"
}

drop_node_acl()
{
	rm "$1/lun_0/lun" && rmdir "$1/lun_0" "$1" || fail "cannot remove the node ACL"
}

# initiator NAME: starts the kernel's initiator with this name.
initiator()
{
	modprobe iscsi_tcp || exit 1
	mkdir -p /run/lock/iscsi
	echo "InitiatorName=$1" > /etc/iscsi/initiatorname.iscsi
	iscsid || fail "no iscsid"
}

# session_disk WWN IFACE: prints the disk of a session, if it exists. iscsiadm shows it
# after the names of the target and the interface.
session_disk()
{
	iscsiadm -m session -P 3 2> /dev/null | awk -v wwn="$1" -v iface="$2" '
		/^Target: / { target = $2 }
		/Iface Name: / { name = $3 }
		/Attached scsi disk/ && target == wwn && name == iface { print "/dev/" $4; exit }'
}

has_disk()
{
	DISK=$(session_disk "$1" "$2")
	[ -b "$DISK" ]
}

# keep_iscsid_awake: queries iscsid each second until let_iscsid_sleep, since iscsid checks
# its timers only when it is queried.
keep_iscsid_awake()
{
	while :; do
		iscsiadm -m session -P 1 > /dev/null 2>&1
		sleep 1
	done &
	AWAKE=$!
}

let_iscsid_sleep()
{
	kill $AWAKE
	wait $AWAKE
}

# node WWN PORTAL NAME VALUE: changes a setting of the kernel's initiator.
node()
{
	iscsiadm -m node -T "$1" -p "$2" -o update -n "$3" -v "$4" || fail "no setting $3"
}

# log_in WWN PORTAL IFACE: logs in. DISK is the disk of the session.
log_in()
{
	timeout 120 iscsiadm -m node -T "$1" -p "$2" -I "$3" --login > $SCRATCH/log 2>&1 ||
		fail "cannot log in to $1: $(cat $SCRATCH/log)"
	retry 20 has_disk "$1" "$3" || fail "no disk of $1"
}

# verify DISK DEPTH: writes MIB megabytes at a queue depth, reads them back and compares
# all bytes. Uses the program DISK_LOAD, if it is set.
verify()
{
	if [ -n "$DISK_LOAD" ]; then
		"$DISK_LOAD" verify "$1" "$MIB" || fail "data differ"
		return
	fi
	fio --name=verify --filename="$1" --direct=1 --rw=randwrite --bsrange=512-128k \
		--size="${MIB}m" --ioengine=io_uring --iodepth="$2" --verify=crc32c \
		--verify_fatal=1 --output=$SCRATCH/fio > /dev/null 2>&1 ||
		fail "fio at a depth of $2: $(cat $SCRATCH/fio)"
}

log_out()
{
	iscsiadm -m node -T "$1" -p "$2" -I "$3" --logout > $SCRATCH/log 2>&1 ||
		fail "cannot log out of $1: $(cat $SCRATCH/log)"
}

# secrets DIR USER SECRET: sets the credentials of the initiator.
secrets()
{
	echo "$2" > "$1/userid" && echo "$3" > "$1/password" || fail "no secrets in $1"
}

# mutual DIR USER SECRET: sets the credentials of the target.
mutual()
{
	echo "$2" > "$1/userid_mutual" && echo "$3" > "$1/password_mutual" ||
		fail "no mutual secrets in $1"
}
