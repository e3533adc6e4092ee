# SPDX-License-Identifier: GPL-2.0-only
#
# A portal group that is disabled under load ends the load, and works when it is enabled.

. "$GUEST/gadget_pulled_lib.sh"

disabled()
{
	echo 0 > "$TPG/enable" || fail "cannot disable"
	retry 120 is_over || stop_load
	echo 1 > "$TPG/enable" || fail "cannot enable"
}

rounds disabled
