# SPDX-License-Identifier: GPL-2.0-only
#
# An attribute shows at most a page. Reading a longer value fails.

. "$GUEST/states_lib.sh"

two_sessions
tell submit $a 82 0 read 4096 00 28000000000000000800
result 82 "status 00"
[ "$(wc -c < $TPG/data)" -eq 4096 ] || fail "not a whole page"
tell submit $a 83 0 read 8192 00 28000000000000001000
result 83 "status 00"
refused cat $TPG/data > /dev/null
i=0
while [ $i -lt 80 ]; do
	tell submit $a $((3000 + i)) 0 none 0 00 $TUR
	i=$((i + 1))
done
retry 20 sh -c "! cat $TPG/results > /dev/null 2>&1" || fail "more than a page"
tell results clear
