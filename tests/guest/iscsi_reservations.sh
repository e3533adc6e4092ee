#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# iscsi_reservations.sh MODULE FABRIC CLIENT: persistent reservations of initiators in
# demo mode, at a fabric that was generated with --data-path iscsi, whose attributes
# are as they are at first: an initiator that loses its connection keeps its key, and
# others stay fenced off. By the harness's iscsi-client.

. "${0%/*}/lib.sh"
. "${0%/*}/iscsi_lib.sh"

WWN=iqn.2003-01.org.example.host:target
V4=127.0.0.1:3261

one_target reservations "$1" "$2" $WWN $V4
[ "$(cat "$TPG/attrib/cache_dynamic_acls")" = 1 ] || fail "node ACLs are not kept"
echo 0 > "$TPG/attrib/cache_dynamic_acls"
[ "$(cat "$TPG/attrib/cache_dynamic_acls")" = 1 ] || fail "node ACLs are not kept"
"$3" fenced $V4 $WWN || fail "fenced"
no_target "$1" "$2"
