#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# speed.sh MODULE FABRIC JOBS ROUNDS: runs fio on a disk of the fabric and on one of the
# kernel's tcm_loop, alternately.

. "${0%/*}/lib.sh"

WWN=iqn.2003-01.org.example.host:target1
INITIATOR=iqn.1994-05.org.example.client:initiator1
JOBS=$3
ROUNDS=$4

modprobe tcm_loop || exit 1
modprobe "$1" || exit 1
ramdisk ours 64
port "$2" $WWN $INITIATOR
link "$TPG" "$BACKSTORE"
OURS=$(disk "$TPG")
ramdisk peer 64
port loopback $WWN $INITIATOR
link "$TPG" "$BACKSTORE"
PEER=$(disk "$TPG")

. "${0%/*}/speed_loads.sh"
loads
