# SPDX-License-Identifier: GPL-2.0-only
#
# The cases before this one have leaked no memory. kmemleak ignores objects younger than
# five seconds, and the first scan may report objects that have just been freed.

. "$GUEST/lib.sh"

LEAKS=/sys/kernel/debug/kmemleak
[ -e $LEAKS ] || skip "needs CONFIG_DEBUG_KMEMLEAK"
for scan in 1 2; do
	sleep 6
	echo scan > $LEAKS || exit 1
done
[ -z "$(cat $LEAKS)" ] || {
	cat $LEAKS
	exit 1
}
