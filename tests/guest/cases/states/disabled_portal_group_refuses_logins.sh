# SPDX-License-Identifier: GPL-2.0-only
#
# Logins are refused before the portal group is enabled, and after it is disabled.

. "$GUEST/states_lib.sh"

modprobe tcm_hold && mkdir -p $TPG || fail "no portal group"
refused tell login $A
echo 1 > $TPG/enable || fail "cannot enable"
log_in $A
echo 0 > $TPG/enable || fail "cannot disable"
refused tell login $A
# Another error means that the login has not given the data of the session back.
echo $A | dd of=$TPG/login 2>&1 | grep -q "No such device" ||
	fail "the data of the session are lost"
echo 1 > $TPG/enable || fail "cannot enable"
log_in $A
