# SPDX-License-Identifier: GPL-2.0-only
#
# An iSCSI target for cases. MODULE and FABRIC are the names of a fabric generated with
# --data-path iscsi. CLIENT is the program iscsi-client. To be sourced.

. "$GUEST/lib.sh"
. "$GUEST/iscsi_lib.sh"

WWN=iqn.2003-01.org.example.host:target
NAME=iqn.1994-05.org.example.client
V4=127.0.0.1:3261
trap end EXIT

# a_target: creates TPG with a RAM disk, in demo mode without authentication.
a_target()
{
	one_target case "$MODULE" "$FABRIC" $WWN $V4
}

# a_target_with_authentication: the same with CHAP.
a_target_with_authentication()
{
	a_target
	echo 1 > "$TPG/attrib/authentication"
}

# end: after a case that has passed, removes everything and unloads the module.
end()
{
	status=$?
	trap - EXIT
	! has_failed $status || exit $status
	[ ! -d "$TPG" ] || no_target "$MODULE" "$FABRIC"
	exit $status
}

# is_logged TEXT: waits for a line with TEXT in the kernel's log.
is_logged()
{
	retry 10 has_line "$1" || fail "not in the log: $1"
}

has_line()
{
	dmesg | grep -q "$1"
}

# tried LIST TARGET: runs a list of cases of the client.
tried()
{
	"$CLIENT" "$1" $V4 "$2" || fail "$1"
}

# is_let_in: returns true if the client can log in without authentication.
is_let_in()
{
	"$CLIENT" logins $V4 $WWN 1 1 2> $SCRATCH/login
}

nobody_is_there()
{
	[ -z "$(cat "$TPG/dynamic_sessions")" ]
}

# everybody_goes: waits until the sessions of all initiators have ended.
everybody_goes()
{
	retry 60 nobody_is_there || fail "still there: $(cat "$TPG/dynamic_sessions")"
}
