# SPDX-License-Identifier: GPL-2.0-only
#
# More sessions than a page has room for are listed up to the end of a line.

. "$GUEST/iscsi_faults_lib.sh"

# listed: how many lines dynamic_sessions has.
listed()
{
	wc -l < "$TPG/dynamic_sessions"
}

has_listed()
{
	[ "$(listed)" -ge "$1" ]
}

a_target
begin_load 130
retry 20 has_listed 50 || fail "a short list: $(listed)"
! grep -v "^$NAME" "$TPG/dynamic_sessions" || fail "half a line"
end_load
