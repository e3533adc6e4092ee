# SPDX-License-Identifier: GPL-2.0-only
#
# A portal group that is disabled under load ends its sessions; enabled, it takes them again.

. "$GUEST/iscsi_faults_lib.sh"

disabled()
{
	echo 0 > "$TPG/enable" && echo 1 > "$TPG/enable" || fail "cannot disable"
}
a_target
under_load disabled
has_broken
