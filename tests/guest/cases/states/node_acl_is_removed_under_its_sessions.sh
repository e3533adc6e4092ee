# SPDX-License-Identifier: GPL-2.0-only
#
# A node ACL is removed while its sessions begin, end and submit commands.

. "$GUEST/states_lib.sh"

portal_group
i=0
while [ $i -lt "$ROUNDS" ]; do
	mkdir $TPG/acls/$A || fail "no node ACL"
	tell login $A || fail "no login"
	for session in $(sed 's/ .*//' $TPG/login); do
		tell logout "$session" 2> /dev/null &
		tell submit "$session" $((1000 + i)) 0 read 512 00 $READ 2> /dev/null &
	done
	tell login $A 2> /dev/null &
	login=$!
	rmdir $TPG/acls/$A || fail "the node ACL stays"
	wait $login
	log_out_all
	wait
	i=$((i + 1))
done
