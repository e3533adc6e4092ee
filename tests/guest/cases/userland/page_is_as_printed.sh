# SPDX-License-Identifier: GPL-2.0-only
#
# The session of the page for users, the script PAGE, runs without a fault.

. "$GUEST/userland_lib.sh"

sh -e "$PAGE" || fail "the page is wrong"
