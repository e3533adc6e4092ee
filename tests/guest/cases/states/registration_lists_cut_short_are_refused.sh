# SPDX-License-Identifier: GPL-2.0-only
#
# PERSISTENT RESERVE OUT whose list of initiators is cut short or wrong is refused.
#
# last: after a list that it refuses, target core waits for the LUN for ever when that
# goes: core_scsi3_decode_spec_i_port() keeps a count of it.

. "$GUEST/states_lib.sh"

trap - EXIT
# register LIST [LENGTH]: the other initiator as well, by a list that is LENGTH bytes long.
register()
{
	length=${2:-$((${#1} / 2))}
	tell results clear
	tell submit $SESSION 80 0 write "$length" "$1" "5f00000000000000$(printf %02x "$length")00"
	retry 20 ended 80 || fail "no answer to $*"
}

# registrations: read by the initiator. READ FULL STATUS.
registrations()
{
	tell submit $SESSION 81 0 read 512 00 5e030000000000020000
	result 81 "status 00"
	hex $TPG/data
}

two_sessions
SESSION=$a
# Reports what has happened before.
tell submit $SESSION 79 0 none 0 00 $TUR
retry 20 ended 79 || fail "no answer"
# No key as yet, then the new one, and SPEC_I_PT.
head=0000000000000000123456789abcdef00000000008000000
other=06000000${B#naa.}000000000000000000000000
list=${head}00000018$other
lengths="0 8 23 24 27 28 29 51"
[ "$ROUNDS" -gt 100 ] && lengths=$(seq 0 51)
for length in $lengths; do
	register $list "$length"
	result 80 "status 02 sense 5/"
done
# A list longer or shorter than it says, of another protocol, of nobody.
for wrong in ${head}00000019$other ${head}ffffffff$other ${head}00000017$other \
	${head}0000001800${other#??} ${head}0000001845${other#??} \
	${head}00000018060000005001405000000fff000000000000000000000000; do
	register "$wrong"
	result 80 "status 02 sense 5/"
done
registrations | grep -q "^0\{6\}[0-9a-f]\{2\}0\{8\}" || fail "registered: $(registrations)"
register $list
result 80 "status 00"
for name in $A $B; do
	registrations | grep -q "06000000${name#naa.}0" || fail "not registered: $(registrations)"
done
