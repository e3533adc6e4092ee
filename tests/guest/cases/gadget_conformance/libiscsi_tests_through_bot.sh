# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of libiscsi through usb-storage for a disk of this module, for the host to evaluate. TESTS
# selects them.

. "$GUEST/gadget_lib.sh"

MIB=64
a_gadget bot
# The limit of usb-storage, not of BOT, is 240 blocks.
echo 1024 > "/sys/block/${DISK##*/}/device/max_sectors" || fail "no limit"
echo "=== bot"
for tests in $TESTS; do
	iscsi-test-cu --dataloss -t "$tests" "$GENERIC" < /dev/null 2>&1
done
echo "=== end"
