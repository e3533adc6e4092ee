#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# iscsi_sessions.sh MODULE FABRIC RATE SESSIONS...: measures a login, a read and a session
# beside other sessions, by the program RATE, on the fabric and on the kernel's
# iscsi_target_mod. Prints quantity, number of sessions, target and value.

. "${0%/*}/lib.sh"
. "${0%/*}/iscsi_lib.sh"

WWN=iqn.2003-01.org.example.host:
modprobe iscsi_target_mod && modprobe "$1" || exit 1
FABRIC=$2
RATE=$3
shift 3

# a_target FABRIC NAME PORT: creates an enabled target.
a_target()
{
	ramdisk "$2" 16
	target "$1" $WWN"$2" 127.0.0.1:"$3"
	link "$TPG" "$BACKSTORE"
	echo 1 > "$TPG/enable" || fail "cannot enable"
}

# figure WHAT SESSIONS COUNT: measures both targets.
figure()
{
	echo "$1 $2 ours $("$RATE" "$1" 127.0.0.1:3261 ${WWN}ours "$2" "$3")"
	echo "$1 $2 peer $("$RATE" "$1" 127.0.0.1:3260 ${WWN}peer "$2" "$3")"
}

a_target "$FABRIC" ours 3261
a_target iscsi peer 3260
for sessions in "$@"; do
	figure login "$sessions" 100
	figure read "$sessions" 6400
done
# Measured last: the first sessions also allocate caches.
figure memory 64 64
