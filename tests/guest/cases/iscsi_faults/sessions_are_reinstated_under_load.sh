# SPDX-License-Identifier: GPL-2.0-only
#
# Another client logs in as the initiator ports of the load, which ends the sessions of the load.

. "$GUEST/iscsi_faults_lib.sh"

reinstated()
{
	"$CLIENT" logins $V4 $WWN 8 8 > /dev/null 2>&1
}
a_target
under_load reinstated
has_broken
