# SPDX-License-Identifier: GPL-2.0-only
#
# Sessions of one demo-mode initiator begin and end concurrently.

. "$GUEST/states_lib.sh"

portal_group
i=0
while [ $i -lt "$ROUNDS" ]; do
	tell login $A & tell login $A & tell login $A &
	wait
	[ "$(wc -l < $TPG/login)" -gt 0 ] || fail "no session"
	for session in $(sed 's/ .*//' $TPG/login); do
		tell logout "$session" &
	done
	wait
	i=$((i + 1))
done
