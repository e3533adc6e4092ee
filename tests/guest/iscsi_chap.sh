#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# iscsi_chap.sh MODULE FABRIC: the kernel's own initiator authenticates itself by
# CHAP, at a fabric that was generated with --data-path iscsi.

. "${0%/*}/lib.sh"
. "${0%/*}/iscsi_lib.sh"

MODULE=$1
FABRIC=$2
WWN=iqn.2003-01.org.example.host:target
NAME=iqn.1994-05.org.example.client
V4=127.0.0.1:3261

# auth NAME VALUE: a setting of the kernel's initiator.
auth()
{
	node $WWN $V4 "node.session.auth.$1" "$2"
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

one_target chap "$MODULE" "$FABRIC" $WWN $V4
echo 1 > "$TPG/attrib/authentication"
initiator $NAME:kernel
iscsiadm -m discovery -t sendtargets -p $V4 -I default > /dev/null || fail "no discovery"
secrets "$TPG/auth" $USER "$SECRET"
# A login of several rounds may come to nothing on a busy machine now and then, by
# libiscsi's source through a race of the initiator's own: it tells iscsid of a response before the
# task of the request is free: iscsi_recv_pdu() comes before iscsi_complete_task(), and the
# thread that has sent the request may still hold the task. iscsid's next request is then
# dropped ("Login/Text in progress"), which iscsid does not notice. It tries again after
# login_timeout.
node $WWN $V4 "node.conn[0].timeo.login_timeout" 5
keep_iscsid_awake
is_refused "without a secret"
auth authmethod CHAP
auth username $USER
auth password "$SECRET"
is_in
mutual "$TPG/auth" $TARGET_USER "$TARGET_SECRET"
auth username_in $TARGET_USER
auth password_in "$TARGET_SECRET"
is_in
# The initiator finds the target out.
mutual "$TPG/auth" $TARGET_USER "no secret of the target's"
is_refused "the target is another"
mutual "$TPG/auth" $TARGET_USER "$TARGET_SECRET"
auth password "no secret of the initiator's"
is_refused "the initiator is another"
echo "lost: $(dmesg | grep -c "Login/Text in progress")"
let_iscsid_sleep
iscsiadm -k 0
retry 10 rmmod iscsi_tcp || fail "cannot unload iscsi_tcp"
no_target "$MODULE" "$FABRIC"
