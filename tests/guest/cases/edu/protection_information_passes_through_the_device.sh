# SPDX-License-Identifier: GPL-2.0-only
#
# The device copies protection information with the data: the backstore checks it. Blocks
# have their address in it, so they fit no other place.

. "$GUEST/edu_lib.sh"

protected_disk
portal_group pass
tell command "write 0 16 0" || fail "cannot write"
want "status 0"
tell copy "0 0 8 1 0" || fail "cannot copy"
want "status 0"
want "action pass"
tell copy "0 8 8 1 0" || fail "cannot copy"
want "status 2"
want_start "sense f0000b000000080a000000001003"
