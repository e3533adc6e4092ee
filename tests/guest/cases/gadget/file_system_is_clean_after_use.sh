# SPDX-License-Identifier: GPL-2.0-only
#
# A file system that is pulled cleanly and plugged in again has its files, and fsck finds no error.

. "$GUEST/gadget_lib.sh"
. "$GUEST/file_system_lib.sh"

MIB=48
a_gadget uas
make_file_system 8
unplug 0
plug 0
usb_disk 0
check_file_system
