# SPDX-License-Identifier: GPL-2.0-only
#
# Commands of 512 bytes to 128 KiB transfer the right data at each queue depth, through both
# transports.

. "$GUEST/gadget_lib.sh"

MIB=32
a_gadget uas
verified 1 8 32
unplug 0
through bot
plug 0
usb_disk 0
uses bot
verified 1
