# SPDX-License-Identifier: GPL-2.0-only
#
# The module's own test, in its directory DIR, passes; with several directories, that of each.

. "$GUEST/lib.sh"

for dir in $DIR; do
	sh "$dir/selftest.sh" > $SCRATCH/selftest 2>&1 ||
		fail "$(grep -v '^ok' $SCRATCH/selftest)"
done
