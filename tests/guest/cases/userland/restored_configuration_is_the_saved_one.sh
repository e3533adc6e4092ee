# SPDX-License-Identifier: GPL-2.0-only
#
# A saved configuration is restored unchanged, with the modules unloaded in between: by
# targetcli, and at boot. A wrong name is refused by rtslib with a reason, before the kernel
# sees it.

. "$GUEST/userland_lib.sh"

configure
cat $SCRATCH/make.log
# The kernel would have logged a refusal.
refused=$(grep -c 'is no port name of .*: want .*, as in ' $SCRATCH/make.log)
[ "$refused" = "$(each wrong | wc -l)" ] || fail "$refused names were refused"
! dmesg | grep 'port name .*: want' || fail "the kernel had to refuse a name"

unload
targetcli restoreconfig $SCRATCH/first || fail "cannot restore"
same

unload
boot > $SCRATCH/boot.log 2>&1
[ ! -s $SCRATCH/boot.log ] || fail "$(cat $SCRATCH/boot.log)"
same
