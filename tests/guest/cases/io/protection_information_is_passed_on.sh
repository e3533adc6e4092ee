# SPDX-License-Identifier: GPL-2.0-only
#
# The block layer generates protection information, and target core checks it.

. "$GUEST/io_lib.sh"

PROTECTION=1
a_disk 16
integrity=/sys/block/${DISK##*/}/integrity
grep -q T10-DIF-TYPE1-CRC "$integrity/format" || fail "format $(cat "$integrity/format")"
verified_io "$DISK" 12
sg_readcap -l "$(generic "$TPG")" | grep -q prot_en=1 || fail "no protection enabled"
