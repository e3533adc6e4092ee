#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# iscsi_faults.sh MODULE FABRIC CLIENT ROUNDS: what goes wrong in the life of a
# fabric that was generated with --data-path iscsi, under the load of the
# harness's iscsi-client: whatever happens, data that were acknowledged are there,
# nothing hangs, and all can be taken away. For a kernel with checkers.

. "${0%/*}/lib.sh"
. "${0%/*}/iscsi_lib.sh"

MODULE=$1
FABRIC=$2
CLIENT=$3
ROUNDS=$4
# More failures than there can be.
TIMES=1000000
WWN=iqn.2003-01.org.example.host:target
NAME=iqn.1994-05.org.example.client:test
V4=127.0.0.1:3261

# begin_load INITIATORS: starts a load, which lasts until end_load. Each initiator has
# written once when this returns. The load is nice: it would starve this script.
begin_load()
{
	touch $SCRATCH/loaded
	nice -n 19 "$CLIENT" load $V4 $WWN "$1" $SCRATCH/loaded > $SCRATCH/load 2>&1 &
	LOAD=$!
	retry 120 grep -q begun $SCRATCH/load || fail "no load: $(cat $SCRATCH/load)"
}

# end_load: prints how many connections have broken.
end_load()
{
	rm $SCRATCH/loaded
	wait $LOAD || fail "the load: $(cat $SCRATCH/load)"
	tail -n 1 $SCRATCH/load
}

# under_load NAME COMMAND...: the command, again and again under load.
under_load()
{
	echo "--- $1 ($(cut -d. -f1 /proc/uptime) s)"
	shift
	begin_load 8
	round=0
	while [ $round -lt "$ROUNDS" ]; do
		"$@"
		sleep 0.5
		round=$((round + 1))
	done
	end_load
}

# has_broken: the load that has ended has lost connections.
has_broken()
{
	! grep -q " 0 broken connections" $SCRATCH/load || fail "no connection has broken"
}

disabled()
{
	echo 0 > "$TPG/enable" && echo 1 > "$TPG/enable" || fail "cannot disable"
}

without_portal()
{
	rmdir "$TPG/np/$V4" && mkdir "$TPG/np/$V4" || fail "cannot remove the portal"
}

without_lun()
{
	rm "$TPG/lun/lun_0/port" && ln -s "$BACKSTORE" "$TPG/lun/lun_0/port" || fail "cannot unlink"
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
}

without_target()
{
	! rmmod "$MODULE" 2> /dev/null || fail "unloaded while in use"
	drop_target "$TPG"
	target "$FABRIC" $WWN $V4
	link "$TPG" "$BACKSTORE"
	echo 1 > "$TPG/enable"
}

# Somebody else logs in as an initiator that is there.
reinstated()
{
	"$CLIENT" logins $V4 $WWN 8 8 > /dev/null 2>&1
}

# connections_may_fail 1|0: whether allocations may fail in the threads of connections
# and in kthreadd, which makes new ones.
connections_may_fail()
{
	for comm in $(grep -l '^iscsi_\|^kthreadd' /proc/[0-9]*/comm); do
		echo "$1" > "${comm%comm}make-it-fail"
	done 2> /dev/null
}

# failures: the allocations that have failed since $F/times was TIMES.
failures()
{
	echo $((TIMES - $(cat $F/times)))
}

has_failed()
{
	[ "$(failures)" -gt 0 ]
}

# Allocations of connections fail now and then, for a second from the first failure on.
without_memory()
{
	[ -d $F ] || return
	allocations_fail
	echo $TIMES > $F/times
	connections_may_fail 1
	retry 60 has_failed || fail "no allocation has failed"
	sleep 1
	connections_may_fail 0
	echo 0 > $F/probability
	echo "$(failures) allocations have failed"
}

nobody_is_there()
{
	[ -z "$(cat "$TPG/dynamic_sessions")" ]
}

one_target faults "$MODULE" "$FABRIC" $WWN $V4

echo "--- the initiators are killed"
round=0
while [ $round -lt "$ROUNDS" ]; do
	begin_load 8
	sleep 0.5
	kill -9 $LOAD
	wait $LOAD
	retry 10 nobody_is_there || fail "still there: $(cat "$TPG/dynamic_sessions")"
	round=$((round + 1))
done
under_load "the portal group is disabled" disabled
has_broken
under_load "the portal goes" without_portal
under_load "the LUN goes" without_lun
under_load "a node ACL comes and goes" with_list
under_load "a queue depth changes" with_depth
under_load "the target goes" without_target
has_broken
under_load "sessions are reinstated" reinstated
has_broken
under_load "memory is short" without_memory
echo "--- 200 at once"
begin_load 200
sleep 2
end_load

no_target "$MODULE" "$FABRIC"
