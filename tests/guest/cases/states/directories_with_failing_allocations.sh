# SPDX-License-Identifier: GPL-2.0-only
#
# Each allocation fails once while directories are created.

. "$GUEST/states_lib.sh"

need_failing_memory
modprobe tcm_hold && mkdir -p $PORT || fail "no port"
each_allocation mkdir $FABRIC/naa.5001405000000002 || fail "wwn"
each_allocation mkdir $TPG || fail "tpg"
mkdir $TPG || fail "no portal group"
each_allocation mkdir $TPG/acls/$A || fail "node ACL"
each_allocation mkdir $TPG/lun/lun_1 || fail "LUN"
