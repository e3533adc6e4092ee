# SPDX-License-Identifier: GPL-2.0-only
#
# uas uses streams at SuperSpeed. Data are right at each queue depth, also after a gadget was pulled
# under load.

. "$GUEST/gadget_lib.sh"

a_gadget uas 1
grep -q 5000 "$(usb_device 0)/speed" || fail "speed $(cat "$(usb_device 0)/speed")"
verified 1 8 32
load busy "$DISK" 4 io_uring
unplug 0
retry 120 is_over || fail "the load hangs: $(cat /proc/$LOAD/wchan)"
plug 0
usb_disk 0
uses uas
verified 8
