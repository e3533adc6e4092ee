# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of libiscsi through uas for a disk of this module, for one of the kernel's function, and
# for a disk of tcm_loop, all at once, for the host to compare.

. "$GUEST/gadget_lib.sh"

# tests NAME DEVICE: starts the tests for a disk.
tests()
{
	iscsi-test-cu --dataloss -t ALL "$2" < /dev/null > "$SCRATCH/$1" 2>&1 &
}

controllers uas
ramdisk ours 64
gadget 0 "$MODULE" "$FABRIC" "$FUNCTION"
ramdisk peer 64
gadget 1 usb_f_tcm usb_gadget tcm
plug 0
plug 1
modprobe tcm_loop || fail "no tcm_loop"
ramdisk loop 64
port loopback naa.6001405000000009 naa.600140500000000a
LOOP_TPG=$TPG
link "$LOOP_TPG" "$BACKSTORE"
LOOP=$(generic "$LOOP_TPG") || fail "$LOOP"
usb_disk 0
uses uas
tests ours "$GENERIC"
usb_disk 1
tests peer "$GENERIC"
tests loop "$LOOP"
wait
for name in ours peer loop; do
	echo "=== $name"
	cat $SCRATCH/$name
done
echo "=== end"
unlink "$LOOP_TPG" && drop_port "$LOOP_TPG" || fail "cannot remove the port of tcm_loop"
