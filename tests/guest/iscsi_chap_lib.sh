# SPDX-License-Identifier: GPL-2.0-only
#
# An iSCSI target that requires CHAP, and the kernel's initiator, for cases. To be
# sourced.

. "$GUEST/iscsi_case_lib.sh"

trap end_chap EXIT

# a_target_and_an_initiator: the target has the secret of the initiator, and the initiator
# has none.
a_target_and_an_initiator()
{
	a_target_with_authentication
	initiator $NAME:kernel
	iscsiadm -m discovery -t sendtargets -p $V4 -I default > /dev/null || fail "no discovery"
	secrets "$TPG/auth" $USER "$SECRET"
	# On a busy machine, a login of several rounds sometimes stalls, by the source of libiscsi
	# through a race of the initiator: iscsi_recv_pdu() passes a response to iscsid before
	# iscsi_complete_task() frees the task of the request, which the sending thread may also
	# hold. The kernel then drops iscsid's next request ("Login/Text in progress"), and iscsid
	# retries only after login_timeout.
	node $WWN $V4 "node.conn[0].timeo.login_timeout" 5
	keep_iscsid_awake
}

# auth NAME VALUE: changes an authentication setting of the initiator.
auth()
{
	node $WWN $V4 "node.session.auth.$1" "$2"
}

# one_way: sets the secret of the initiator. both_ways: sets both secrets on both sides.
one_way()
{
	auth authmethod CHAP
	auth username $USER
	auth password "$SECRET"
}

both_ways()
{
	one_way
	mutual "$TPG/auth" $TARGET_USER "$TARGET_SECRET"
	auth username_in $TARGET_USER
	auth password_in "$TARGET_SECRET"
}

# is_in: logs in, reads and logs out with each digest.
is_in()
{
	for digest in MD5 SHA1 SHA256; do
		auth chap_algs $digest
		log_in $WWN $V4 default
		dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct 2> /dev/null || fail "cannot read"
		log_out $WWN $V4 default
	done
}

# is_refused WHY: checks that a login is refused.
is_refused()
{
	! iscsiadm -m node -T $WWN -p $V4 --login > $SCRATCH/log 2>&1 || fail "let in: $1"
	# 24: refused by the target. 19: refused by the initiator. Others: a stalled login.
	grep -q "initiator reported error (\(24\|19\) " $SCRATCH/log || fail "$1: $(cat $SCRATCH/log)"
}

# end_chap: as end, and stops the initiator.
end_chap()
{
	status=$?
	trap - EXIT
	[ -z "$AWAKE" ] || let_iscsid_sleep
	! has_failed $status || exit $status
	echo "lost: $(dmesg | grep -c "Login/Text in progress")"
	iscsiadm -k 0
	retry 20 rmmod iscsi_tcp || fail "cannot unload iscsi_tcp"
	no_target "$MODULE" "$FABRIC"
	exit $status
}
