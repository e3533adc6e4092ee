# SPDX-License-Identifier: GPL-2.0-only
#
# If a module is missing at boot, the other fabrics are restored, and the log names it.

. "$GUEST/userland_lib.sh"

only ' loopback \| iscsi '
configure
unload
missing=$(tail -n 1 "$FABRICS" | cut -d ' ' -f 2)
echo "install $missing /bin/false" > /etc/modprobe.d/userland.conf
boot > $SCRATCH/boot.log 2>&1
rm /etc/modprobe.d/userland.conf
grep -q "Could not create Target object: .*$missing" $SCRATCH/boot.log ||
	fail "said of $missing: $(cat $SCRATCH/boot.log)"
targetcli saveconfig $SCRATCH/saved || fail "cannot save without $missing"
each restored
