# SPDX-License-Identifier: GPL-2.0-only
#
# A network portal is removed and created again under load.

. "$GUEST/iscsi_faults_lib.sh"

without_portal()
{
	rmdir "$TPG/np/$V4" && mkdir "$TPG/np/$V4" || fail "cannot remove the portal"
}
a_target
under_load without_portal
