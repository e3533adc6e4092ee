# SPDX-License-Identifier: GPL-2.0-only
#
# After `make uninstall-userland` no file is left, and targetcli lists the fabrics of the
# kernel alone.

. "$GUEST/userland_lib.sh"

only ' nop '
each installs
targetcli ls / 1 > $SCRATCH/ls.log 2>&1 || fail "targetcli is broken"
grep -q ' test_' $SCRATCH/ls.log || fail "no fabric of a module"
each uninstalls
[ -z "$(find $PACKAGES -name 'rtslib_tcm_*')" ] || fail "files are left"
targetcli ls / 1 > $SCRATCH/ls.log 2>&1 || fail "targetcli is broken"
grep -q ' iscsi ' $SCRATCH/ls.log && ! grep ' test_' $SCRATCH/ls.log || fail "another list"
