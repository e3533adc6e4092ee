# SPDX-License-Identifier: GPL-2.0-only
#
# The statistics of a target and of a session have the names of iscsi_target_mod and, in a
# session with the same commands, the same values. Failed logins are counted by their cause,
# once; that target counts each as a failed negotiation. Digest errors are counted, too.

. "$GUEST/iscsi_case_lib.sh"

PEER=iqn.2003-01.org.example.host:peer
PEER_V4=127.0.0.1:3262

# begin PORTAL TARGET [corrupt]: opens a session with some traffic. finish: ends it.
begin()
{
	rm -f $SCRATCH/go && mkfifo $SCRATCH/go
	"$CLIENT" counted "$@" < $SCRATCH/go > $SCRATCH/said &
	SESSION=$!
	exec 9> $SCRATCH/go
	retry 60 grep -q ready $SCRATCH/said || fail "no session at $1"
}

finish()
{
	exec 9>&-
	wait $SESSION || fail "the session does not end well"
	retry 60 has iscsi_instance/sessions 0 || fail "a session is left"
}

# has FILE VALUE: checks a value of the target of TPG.
has()
{
	[ "$(cat "${TPG%/*}/fabric_statistics/$1")" = "$2" ]
}

want()
{
	has "$1" "$2" || fail "$1 is $(cat "${TPG%/*}/fabric_statistics/$1"), not $2"
}

# shown: prints all statistics of the target of TPG, except those that name a target.
shown()
{
	for file in "${TPG%/*}"/fabric_statistics/*/* "$ACL"/fabric_statistics/*/*; do
		group=${file%/*}
		case ${file##*/} in
		inst|description|vendor|version|last_fail_time|fail_intr_addr)
			[ -n "$(cat "$file")" ] || fail "$file is empty"
			echo "${group##*/}/${file##*/}"
			;;
		*)
			echo "${group##*/}/${file##*/} $(cat "$file")"
			;;
		esac
	done | grep -v '^iscsi_sess_stats/indx'
}

# used PORTAL TARGET FILE: writes the statistics of the target to a file, in a session and
# after it. Then two logins fail.
used()
{
	node_acl "$NAME:test"
	# The client answers no pings.
	echo 0 > "$ACL/attrib/nopin_timeout"
	begin "$1" "$2"
	shown > "$3"
	finish
	shown >> "$3"
	echo 1 > "$TPG/attrib/authentication"
	"$CLIENT" logins "$1" "$2" 1 1 2> /dev/null && fail "a login without authentication"
	echo 0 > "$TPG/attrib/authentication"
	echo 0 > "$TPG/attrib/generate_node_acls"
	"$CLIENT" logins "$1" "$2" 1 1 2> /dev/null && fail "a login without a node ACL"
}

one_target peer iscsi_target_mod iscsi $PEER $PEER_V4
used $PEER_V4 $PEER $SCRATCH/peer
drop_node_acl "$ACL"
no_target iscsi_target_mod iscsi
a_target
used $V4 $WWN $SCRATCH/own
diff $SCRATCH/peer $SCRATCH/own || fail "the statistics differ"
want iscsi_login_stats/accepts 1
want iscsi_login_stats/authenticate_fails 1
want iscsi_login_stats/authorize_fails 1
want iscsi_login_stats/negotiate_fails 0
want iscsi_tgt_attr/login_fails 2
want iscsi_tgt_attr/last_fail_type 4
want iscsi_tgt_attr/fail_intr_name "$NAME:test-0"
want iscsi_tgt_attr/fail_intr_addr 127.0.0.1
want iscsi_logout_stats/normal_logouts 1
begin $V4 $WWN corrupt
[ "$(cat "$ACL/fabric_statistics/iscsi_sess_stats/conn_digest_errors")" = 1 ] ||
	fail "no digest error of the session"
finish
want iscsi_sess_err/digest_errors 1
want iscsi_instance/fail_sess 1
want iscsi_instance/fail_rem_name "$NAME:test"
drop_node_acl "$ACL"
