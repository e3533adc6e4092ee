# SPDX-License-Identifier: GPL-2.0-only
#
# A fabric gets the protection information of reads, and passes on that of writes. A fault
# is reported with its block: by the backstore, and by the fabric.

. "$GUEST/edu_lib.sh"

protected_disk
portal_group pass
tell command "write 4 3 0" || fail "cannot write"
want "status 0"
want "action insert"
tell command "read 4 3 1" || fail "cannot read"
want "status 0"
want "action pass"
want "checks guard"
want "checks ref"
want "first 4"
want "tuples 000000000000000400000000000000050000000000000006"
tell command "write 4 3 1" || fail "cannot write"
want "status 0"
# A guard, an application tag, which is not checked, and a reference tag.
tell command "read 4 3 1"
tell command "write 4 3 1 flip 8" || fail "cannot write"
want "status 2"
want_start "sense f0000b000000050a000000001001"
tell command "read 4 3 1"
tell command "write 4 3 1 flip 10" || fail "cannot write"
want "status 0"
tell command "read 4 3 1"
tell command "write 4 3 1 flip 23" || fail "cannot write"
want "status 2"
want_start "sense f0000b000000060a000000001003"
code=1
for check in guard app ref; do
	tell command "read 4 3 1"
	tell command "write 4 3 1 fail $check $((4 + code))" || fail "cannot fail"
	want "status 2"
	want_start "sense f0000b0000000$((4 + code))0a00000000100$code"
	code=$((code + 1))
done
# A session without protection information: target core removes it.
tell nexus $A none
tell command "read 4 3 0" || fail "cannot read"
want "status 0"
want "action strip"
