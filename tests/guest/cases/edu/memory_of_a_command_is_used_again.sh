# SPDX-License-Identifier: GPL-2.0-only
#
# Two memories of commands with four pages each serve commands of all lengths, and none
# that is longer.

. "$GUEST/edu_lib.sh"

ramdisk edu 1
portal_group none
for blocks in 1 32 5 8 9 31 2; do
	tell command "write 0 $blocks 0" && want "status 0" && want "free 2" &&
		tell command "read 0 $blocks 0" && want "status 0" && want "free 2"
done
refused tell command "read 0 33 0"
want "free 2"
