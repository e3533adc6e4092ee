# SPDX-License-Identifier: GPL-2.0-only
#
# A CDB that is shorter than its operation code requires is refused. A complete one is executed.

. "$GUEST/states_lib.sh"

two_sessions
# First bytes and length of a CDB of each group.
tag=100
for block in 00:6 3f:10 5f:10 88:16 a8:12 ff:10 7f00000000000018:32; do
	cdb=${block%:*}
	while [ ${#cdb} -lt $((2 * ${block#*:})) ]; do
		refused tell submit $a 99 0 none 0 00 "$cdb"
		cdb=${cdb}00
	done
	tell submit $a $tag 0 none 0 00 "$cdb"
	tell submit $a $((tag + 1)) 0 none 0 00 "${cdb}00"
	tag=$((tag + 2))
done
answers()
{
	[ "$(grep -c "^1[01]. status 0" $TPG/results)" -eq 14 ]
}
retry 20 answers || fail "not all complete CDBs are answered"
! ended 99 || fail "a truncated CDB is answered"
