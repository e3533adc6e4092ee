# SPDX-License-Identifier: GPL-2.0-only
#
# VPD page 83h has a designator with the relative target port identifier (RTPI) of the portal group.

. "$GUEST/states_lib.sh"

two_sessions
tell submit $a 16 0 read 1024 00 120183040000
result 16 "status 00"
rtpi=$(printf '%04x' "$(($(cat $TPG/rtpi)))")
hex $TPG/data | grep -q "51940004""0000$rtpi\|61940004""0000$rtpi\|94000400""00$rtpi" ||
	fail "no RTPI $rtpi in $(hex $TPG/data)"
