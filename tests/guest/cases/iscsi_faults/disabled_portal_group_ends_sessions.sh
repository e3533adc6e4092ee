# SPDX-License-Identifier: GPL-2.0-only
#
# A portal group disabled under load ends its sessions. Enabled, it accepts logins again.

. "$GUEST/iscsi_faults_lib.sh"

disabled()
{
	echo 0 > "$TPG/enable" && echo 1 > "$TPG/enable" || fail "cannot disable"
}
a_target
under_load disabled
has_broken
