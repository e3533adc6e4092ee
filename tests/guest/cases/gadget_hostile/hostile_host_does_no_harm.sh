# SPDX-License-Identifier: GPL-2.0-only
#
# Each wrapper and information unit of a hostile host ends as BOT and UAS say, and then a good
# command and the kernel's initiators work.

. "$GUEST/gadget_lib.sh"

a_gadget uas
for transport in bot uas; do
	"$CLIENT" $transport ${PRODUCT}0 || fail "$transport"
done
usb_disk 0
verified 8
