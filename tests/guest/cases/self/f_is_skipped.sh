# SPDX-License-Identifier: GPL-2.0-only
#
# Does not run here.

. "$GUEST/lib.sh"

skip "needs $MISSING"
