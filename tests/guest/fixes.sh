#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# fixes.sh CASE: provokes a fault of target core, with the fabric tcm_refuse.

. "${0%/*}/lib.sh"

modprobe tcm_refuse || exit 1
PORT=$T/refuse/naa.5001405abcdef012
TPG=$PORT/tpgt_1
mkdir -p "$TPG" || fail "no port"

# lun NUMBER [SERIAL]: creates a LUN, with a serial number.
lun()
{
	ramdisk "lun_$1" 1
	[ -z "$2" ] || echo "$2" > "$BACKSTORE/wwn/vpd_unit_serial" || fail "no serial number"
	mkdir "$TPG/lun/lun_$1" && ln -s "$BACKSTORE" "$TPG/lun/lun_$1/port" || fail "no LUN"
}

# drop_lun NUMBER: removes a LUN.
drop_lun()
{
	rm "$TPG/lun/lun_$1/port" && rmdir "$TPG/lun/lun_$1" || fail "the LUN stays"
	drop_backstore "$T/core/rd_mcp_0/lun_$1"
}

# session [N]: logs session N in, or out if it is logged in.
session()
{
	echo "${1:-1}" > "$TPG/session" || fail "no session"
}

# tell FILE WORDS...: writes to an attribute of the portal group. In a process of its own, which
# an oops ends.
tell()
{
	attribute=$TPG/$1
	shift
	/bin/echo "$*" > "$attribute"
}

is_aborted()
{
	dmesg | grep -q 'ABORT_TASK: Found referenced refuse task_tag: 1'
}

# page_83h TEXT: checks that designators fill VPD page 83h.
page_83h()
{
	tell inquiry 1 && return
	echo "VPD page 83h is spoilt by $1"
	SPOILT=1
}

case $1 in
write_pending)
	lun 0
	session
	tell write 1 refused && tell abort 1 || fail "the abort does not end well"
	session
	drop_lun 0
	;;
task_attr)
	slow_disk ordered $SCRATCH/slow
	mkdir "$TPG/lun/lun_0" && ln -s "$BACKSTORE" "$TPG/lun/lun_0/port" || fail "no LUN"
	session
	dmsetup suspend slow || fail "the device does not wait"
	tell write 1 simple || fail "no write"
	tell abort 1 &
	retry 60 is_aborted || fail "no abort"
	dmsetup resume slow
	wait $! || fail "the abort does not end well"
	tell write 1 ordered && tell wait 1 || fail "the ordered write does not end"
	session
	rm "$TPG/lun/lun_0/port" && rmdir "$TPG/lun/lun_0" || fail "the LUN stays"
	drop_slow_disk
	;;
demo_login)
	lun 0
	session 1
	tell write 1 late || fail "no write"
	rm "$TPG/lun/lun_0/port" &
	RM=$!
	retry 60 grep -q transport_clear_lun_ref /proc/$RM/wchan || fail "rm does not wait"
	session 3
	tell data 1 && tell wait 1 || fail "the write fails"
	wait $RM
	rmdir "$TPG/lun/lun_0" || fail "the LUN stays"
	drop_backstore "$T/core/rd_mcp_0/lun_0"
	# The LUN is gone, so the write is refused.
	tell write 3 late || fail "no answer to a write"
	! tell wait 1 || fail "a write to a LUN that is gone"
	session 3
	session 1
	;;
dynamic_acl)
	session 1
	session 2
	tell end 1
	;;
vpd_names)
	lun 0 "$(printf '%0240d' 1)"
	session
	page_83h "a serial number of 240 bytes"
	session
	drop_lun 0
	lun 0
	session
	page_83h "a short name"
	printf '%0250d' 1 > "$TPG/name"
	page_83h "a name of 250 bytes"
	session
	drop_lun 0
	[ -z "$SPOILT" ] || fail "page 83h is spoilt"
	;;
caw_sem)
	lun 0
	session
	tell write 1 compare && tell abort data || fail "the abort does not end well"
	echo "caw_sem after an abort: $(cat "$TPG/semaphore")"
	# The second LUN establishes a unit attention condition for the first.
	lun 1
	tell write 1 compare && tell data 1 || fail "no command"
	! tell wait 1 || fail "no unit attention"
	echo "caw_sem after a unit attention: $(cat "$TPG/semaphore")"
	tell write 1 compare && tell data 1 || fail "no command"
	tell wait 1
	[ "$(cat "$TPG/semaphore")" = 1 ] || fail "caw_sem is not 1"
	session
	drop_lun 1
	drop_lun 0
	;;
last_put)
	lun 0
	session
	tell write 1 late && tell stop 1 || fail "no write"
	# The counter is in atomic mode, and the command has its last reference, ...
	sleep 2
	tell data 1
	# ... which is dropped slowly.
	sleep 1
	session
	tell wait 1 || fail "the write fails"
	drop_lun 0
	;;
unregister)
	tell twin 1 || fail "no twin"
	;;
fabric_data)
	tell own 1 || fail "no fabric with data"
	mkdir "$T/refuse_own" && [ "$(cat "$T/refuse_own/own")" = "own data" ] ||
		fail "other data"
	rmdir "$T/refuse_own"
	tell own 0 || fail "the fabric stays"
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
