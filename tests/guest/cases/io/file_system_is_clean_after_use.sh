# SPDX-License-Identifier: GPL-2.0-only
#
# A file system that is mounted again has its files, and fsck finds no error.

. "$GUEST/io_lib.sh"
. "$GUEST/file_system_lib.sh"

a_disk 96
make_file_system 24
check_file_system
