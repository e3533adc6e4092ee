# SPDX-License-Identifier: GPL-2.0-only
#
# An iSCSI target that wants CHAP, and the kernel's own initiator, for cases. To be
# sourced.

. "$GUEST/iscsi_case_lib.sh"

trap end_chap EXIT

# a_target_and_an_initiator: the target has the initiator's secret, the initiator none.
a_target_and_an_initiator()
{
	a_target_with_authentication
	initiator $NAME:kernel
	iscsiadm -m discovery -t sendtargets -p $V4 -I default > /dev/null || fail "no discovery"
	secrets "$TPG/auth" $USER "$SECRET"
	# A login of several rounds may come to nothing on a busy machine now and then, by
	# libiscsi's source through a race of the initiator's own: it tells iscsid of a response before
	# the task of the request is free: iscsi_recv_pdu() comes before iscsi_complete_task(), and
	# the thread that has sent the request may still hold the task. iscsid's next request is then
	# dropped ("Login/Text in progress"), which iscsid does not notice. It tries again after
	# login_timeout.
	node $WWN $V4 "node.conn[0].timeo.login_timeout" 5
	keep_iscsid_awake
}

# auth NAME VALUE: a setting of the initiator.
auth()
{
	node $WWN $V4 "node.session.auth.$1" "$2"
}

# one_way: the initiator has its secret. both_ways: each side has both.
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

# is_in: with each of the digests it logs in, reads, and logs out.
is_in()
{
	for digest in MD5 SHA1 SHA256; do
		auth chap_algs $digest
		log_in $WWN $V4 default
		dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct 2> /dev/null || fail "cannot read"
		log_out $WWN $V4 default
	done
}

# is_refused WHY
is_refused()
{
	! iscsiadm -m node -T $WWN -p $V4 --login > $SCRATCH/log 2>&1 || fail "let in: $1"
	# 24: the target refuses. 19: the initiator does. Not a login that comes to nothing.
	grep -q "initiator reported error (\(24\|19\) " $SCRATCH/log || fail "$1: $(cat $SCRATCH/log)"
}

# end_chap: as end, with the initiator.
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
