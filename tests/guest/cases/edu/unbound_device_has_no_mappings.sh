# SPDX-License-Identifier: GPL-2.0-only
#
# A device is unbound while it copies: the driver waits for the end of the mappings. Then
# there is no device to map for.

. "$GUEST/edu_lib.sh"

is_copying()
{
	grep -qx "copying true" $TPG/state
}

ramdisk edu 1
portal_group none
device=$(basename $DRIVER/0000:*)
tell copy "0 16 16 0 0" &
copy=$!
retry 20 is_copying || fail "no copy begins"
echo "$device" > $DRIVER/unbind || fail "cannot unbind"
wait $copy || fail "cannot copy"
want "status 0"
refused tell copy "0 16 16 0 0"
want "free 2"
echo "$device" > $DRIVER/bind || fail "cannot bind"
tell copy "0 16 8 0 0" || fail "cannot copy"
want "status 0"
