# SPDX-License-Identifier: GPL-2.0-only
#
# Each attribute of a portal group with a LUN accepts or refuses any text.

. "$GUEST/faults_lib.sh"

a_disk 1
texts "$TPG"
echo 0 > "$TPG/lun/lun_0/alua_tg_pt_offline"
