# SPDX-License-Identifier: GPL-2.0-only
#
# 200 initiators write and read at once.

. "$GUEST/iscsi_faults_lib.sh"

a_target
begin_load 200
sleep 2
end_load
