# SPDX-License-Identifier: GPL-2.0-only
#
# The LUNs of a portal group are listed. Neither the group nor a backstore is removed while the
# driver depends on it; a dependence ends in an interrupt.

. "$GUEST/interrupt_lib.sh"

portal_group
mkdir -p $TPG/lun/lun_7
ln -s "$BACKSTORE" $TPG/lun/lun_7/port || fail "no second LUN"
[ "$(sort $TPG/luns | tr '\n' ' ')" = "0 7 " ] || fail "LUNs: $(cat $TPG/luns)"
tell depend 5
want undepended 1
tell depend 7
want depended 1
rm $TPG/lun/lun_7/port
rmdir $TPG/lun/lun_7
unlink $TPG
[ -z "$(cat $TPG/luns)" ] || fail "LUNs: $(cat $TPG/luns)"
refused rmdir "$BACKSTORE"
tell depend nothing
retry 20 rmdir "$BACKSTORE" || fail "the backstore stays"
BACKSTORE=
tell depend group
want depended 2
refused rmdir $TPG
tell depend nothing
retry 20 rmdir $TPG || fail "the portal group stays"
