# SPDX-License-Identifier: GPL-2.0-only
#
# Cannot run.

. "$GUEST/lib.sh"

skip "needs $MISSING"
