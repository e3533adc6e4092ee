# SPDX-License-Identifier: GPL-2.0-only
#
# PERSISTENT RESERVE OUT with a truncated or invalid list of initiators is refused.
#
# last: after a refused list, target core waits forever when the LUN is removed:
# core_scsi3_decode_spec_i_port() leaks a reference to it.

. "$GUEST/states_lib.sh"

trap - EXIT
# register LIST [LENGTH]: registers the other initiator as well, by the first LENGTH bytes of LIST.
register()
{
	length=${2:-$((${#1} / 2))}
	tell results clear
	tell submit $SESSION 80 0 write "$length" "$1" "5f00000000000000$(printf %02x "$length")00"
	retry 20 ended 80 || fail "no answer to $*"
}

# registrations: prints the data of READ FULL STATUS.
registrations()
{
	tell submit $SESSION 81 0 read 512 00 5e030000000000020000
	result 81 "status 00"
	hex $TPG/data
}

two_sessions
SESSION=$a
# A command that reports unit attentions.
tell submit $SESSION 79 0 none 0 00 $TUR
retry 20 ended 79 || fail "no answer"
# No existing key, the new key, and SPEC_I_PT.
head=0000000000000000123456789abcdef00000000008000000
other=06000000${B#naa.}000000000000000000000000
list=${head}00000018$other
lengths="0 8 23 24 27 28 29 51"
[ "$ROUNDS" -gt 100 ] && lengths=$(seq 0 51)
for length in $lengths; do
	register $list "$length"
	result 80 "status 02 sense 5/"
done
# Lists longer or shorter than their length, of another protocol, of an unknown initiator.
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
