# SPDX-License-Identifier: GPL-2.0-only
#
# The module's own test, in its directory DIR, passes.

. "$GUEST/lib.sh"

sh "$DIR/selftest.sh" > $SCRATCH/selftest 2>&1 || fail "$(grep -v '^ok' $SCRATCH/selftest)"
