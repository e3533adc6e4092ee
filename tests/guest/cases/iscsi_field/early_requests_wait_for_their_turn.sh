# SPDX-License-Identifier: GPL-2.0-only
#
# Requests that arrive before one with a lower CmdSN wait for it, with their data.

. "$GUEST/iscsi_case_lib.sh"

a_target
echo No > "$TPG/param/InitialR2T" || fail "no InitialR2T"
"$CLIENT" early $V4 $WWN || fail "early"
# With queued submission, target core allocates the payload in another thread.
lun=$TPG/lun/lun_0
if [ -e "$lun/attrib/submit_type" ]; then
	echo 2 > "$lun/attrib/submit_type"
	"$CLIENT" early $V4 $WWN || fail "early, queued"
fi
