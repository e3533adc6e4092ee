#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# fixes.sh CASE: provokes a fault of target core, with the fabric tcm_refuse.

. "${0%/*}/lib.sh"

modprobe tcm_refuse || exit 1
PORT=$T/refuse/naa.5001405abcdef012
TPG=$PORT/tpgt_1
mkdir -p "$TPG" || fail "no port"

# lun NUMBER: creates a LUN.
lun()
{
	ramdisk "lun_$1" 1
	mkdir "$TPG/lun/lun_$1" && ln -s "$BACKSTORE" "$TPG/lun/lun_$1/port" || fail "no LUN"
}

# drop_lun NUMBER: removes a LUN.
drop_lun()
{
	rm "$TPG/lun/lun_$1/port" && rmdir "$TPG/lun/lun_$1" || fail "the LUN stays"
	drop_backstore "$T/core/rd_mcp_0/lun_$1"
}

# session: logs the initiator in, or out if it is logged in.
session()
{
	echo 1 > "$TPG/session" || fail "no session"
}

case $1 in
write_pending)
	lun 0
	session
	/bin/echo 1 > "$TPG/abort" || fail "the abort does not end well"
	session
	drop_lun 0
	;;
node_acl)
	# Names too long for the buffer of a configfs item. Many, since stale pointers on stacks
	# hide some leaks from kmemleak.
	for i in $(seq 50); do
		mkdir "$TPG/acls/naa.5001405abcdef013.number.$i" 2> /dev/null && fail "a node ACL"
	done
	;;
device_entries)
	lun 0
	lun 1
	lun 2
	session
	drop_lun 0
	session
	drop_lun 1
	drop_lun 2
	;;
replaced_entry)
	# tcm_loop has node ACLs and a demo-mode nexus.
	modprobe tcm_loop || fail "no tcm_loop"
	LOOP=$T/loopback/naa.5001405abcdef014
	ACL=$LOOP/tpgt_1/acls/naa.5001405abcdef015
	ramdisk replaced 1
	mkdir -p "$LOOP/tpgt_1" || fail "no port"
	for i in $(seq 20); do
		echo "${ACL##*/}" > "$LOOP/tpgt_1/nexus" || fail "no nexus"
		link "$LOOP/tpgt_1" "$BACKSTORE"
		mkdir "$ACL" && mkdir "$ACL/lun_0" &&
			ln -s "$LOOP/tpgt_1/lun/lun_0" "$ACL/lun_0/lun" || fail "no node ACL"
		rm "$ACL/lun_0/lun" && rmdir "$ACL/lun_0" || fail "the mapped LUN stays"
		unlink "$LOOP/tpgt_1" || fail "the LUN stays"
		echo NULL > "$LOOP/tpgt_1/nexus" || fail "the nexus stays"
		rmdir "$ACL" || fail "the node ACL stays"
	done
	rmdir "$LOOP/tpgt_1" "$LOOP" "$T/loopback"
	drop_backstore "$BACKSTORE"
	;;
esac
rmdir "$TPG" "$PORT" "${PORT%/*}" || fail "cannot remove the port"
rmmod tcm_refuse || fail "cannot unload"
echo "--- complete"
