# SPDX-License-Identifier: GPL-2.0-only
#
# A list of sessions longer than a page is truncated after a complete line.

. "$GUEST/iscsi_faults_lib.sh"

# listed: prints the number of lines in dynamic_sessions.
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
