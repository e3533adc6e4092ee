# SPDX-License-Identifier: GPL-2.0-only
#
# A target is removed and created again under load. Its module cannot be unloaded.

. "$GUEST/iscsi_faults_lib.sh"

without_target()
{
	! rmmod "$MODULE" 2> /dev/null || fail "unloaded while in use"
	drop_target "$TPG"
	target "$FABRIC" $WWN $V4
	link "$TPG" "$BACKSTORE"
	echo 1 > "$TPG/enable"
}
a_target
under_load without_target
has_broken
