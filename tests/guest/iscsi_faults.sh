#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# iscsi_faults.sh MODULE FABRIC CLIENT ROUNDS SECONDS: what goes wrong in the life of a
# fabric that was generated with --data-path iscsi, under the load of the
# harness's iscsi-client: whatever happens, data that were acknowledged are there,
# nothing hangs, and all can be taken away. For a kernel with checkers.

. "${0%/*}/lib.sh"
. "${0%/*}/iscsi_lib.sh"

MODULE=$1
FABRIC=$2
CLIENT=$3
ROUNDS=$4
SECONDS=$5
WWN=iqn.2003-01.org.example.host:target
NAME=iqn.1994-05.org.example.client:test
V4=127.0.0.1:3261

# load NAME COMMAND...: the command, again and again under load.
load()
{
	echo "--- $1 ($(cut -d. -f1 /proc/uptime) s)"
	shift
	"$CLIENT" load $V4 $WWN 8 "$SECONDS" > $SCRATCH/load 2>&1 &
	LOAD=$!
	retry 60 grep -q begun $SCRATCH/load || fail "no load: $(cat $SCRATCH/load)"
	round=0
	while [ $round -lt "$ROUNDS" ]; do
		"$@"
		round=$((round + 1))
	done
	wait $LOAD || fail "the load: $(cat $SCRATCH/load)"
	tail -n 1 $SCRATCH/load
}

disabled()
{
	echo 0 > "$TPG/enable" && echo 1 > "$TPG/enable" || fail "cannot disable"
	sleep 0.3
}

without_portal()
{
	rmdir "$TPG/np/$V4" && mkdir "$TPG/np/$V4" || fail "cannot remove the portal"
	sleep 0.1
}

without_lun()
{
	rm "$TPG/lun/lun_0/port" && ln -s "$BACKSTORE" "$TPG/lun/lun_0/port" || fail "cannot unlink"
	sleep 0.1
}

# An initiator that is logged in gets a list, and loses it with its session.
with_list()
{
	mkdir "$TPG/acls/$NAME-3" && sleep 0.1 && rmdir "$TPG/acls/$NAME-3" || fail "no node ACL"
}

with_depth()
{
	mkdir "$TPG/acls/$NAME-4" && echo 7 > "$TPG/acls/$NAME-4/cmdsn_depth" &&
		rmdir "$TPG/acls/$NAME-4" || fail "no depth"
	sleep 0.1
}

without_target()
{
	! rmmod "$MODULE" 2> /dev/null || fail "unloaded while in use"
	drop_target "$TPG"
	target "$FABRIC" $WWN $V4
	link "$TPG" "$BACKSTORE"
	echo 1 > "$TPG/enable"
	sleep 0.3
}

# Somebody else logs in as an initiator that is there.
reinstated()
{
	"$CLIENT" logins $V4 $WWN 8 8 > /dev/null 2>&1
}

# The connections' threads, and those that come, lack memory now and then.
without_memory()
{
	[ -d $F ] || return
	allocations_fail
	for comm in $(grep -l '^iscsi_\|^kthreadd' /proc/[0-9]*/comm); do
		echo 1 > "${comm%comm}make-it-fail"
	done 2> /dev/null
	sleep 1
	for comm in $(grep -l '^iscsi_\|^kthreadd' /proc/[0-9]*/comm); do
		echo 0 > "${comm%comm}make-it-fail"
	done 2> /dev/null
	echo 0 > $F/probability
}

nobody_is_there()
{
	[ -z "$(cat "$TPG/dynamic_sessions")" ]
}

somebody_is_there()
{
	! nobody_is_there
}

one_target faults "$MODULE" "$FABRIC" $WWN $V4

echo "--- the initiators are killed"
round=0
while [ $round -lt "$ROUNDS" ]; do
	"$CLIENT" load $V4 $WWN 8 60 > /dev/null 2>&1 &
	LOAD=$!
	retry 30 somebody_is_there || fail "no load"
	sleep 0.5
	kill -9 $LOAD
	wait $LOAD
	retry 10 nobody_is_there || fail "still there: $(cat "$TPG/dynamic_sessions")"
	round=$((round + 1))
done
load "the portal group is disabled" disabled
load "the portal goes" without_portal
load "the LUN goes" without_lun
load "a node ACL comes and goes" with_list
load "a queue depth changes" with_depth
load "the target goes" without_target
load "sessions are reinstated" reinstated
[ ! -d $F ] || echo 1000000 > $F/times
# The threads have to be found first, which takes a moment.
SECONDS=$((SECONDS * 3))
load "memory is short" without_memory
[ ! -d $F ] || [ "$(cat $F/times)" -lt 1000000 ] || fail "no allocation has failed"
echo "--- 200 at once"
"$CLIENT" load $V4 $WWN 200 2 || fail "200 connections"

no_target "$MODULE" "$FABRIC"
