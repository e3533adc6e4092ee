# SPDX-License-Identifier: GPL-2.0-only
#
# Commands in a slow backstore are aborted, and their sessions end.

. "$GUEST/iscsi_case_lib.sh"

modprobe "$MODULE" || fail "no module"
slow_disk slow $SCRATCH/slow
target "$FABRIC" $WWN $V4
link "$TPG" "$BACKSTORE"
echo 1 > "$TPG/enable" || fail "cannot enable"
delay 3000
tried slow $WWN
delay 0
drop_target "$TPG"
retry 60 drop_slow_disk || fail "the slow device is in use"
trap - EXIT
rmdir "$T/$FABRIC" && retry 20 rmmod "$MODULE" || fail "cannot unload"
