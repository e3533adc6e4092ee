# SPDX-License-Identifier: GPL-2.0-only
#
# A LUN is unlinked and linked again under load.

. "$GUEST/iscsi_faults_lib.sh"

without_lun()
{
	rm "$TPG/lun/lun_0/port" && ln -s "$BACKSTORE" "$TPG/lun/lun_0/port" || fail "cannot unlink"
}
a_target
under_load without_lun
