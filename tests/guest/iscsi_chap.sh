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
USER=reader
SECRET="a secret of the initiator's"
TARGET_USER=librarian
TARGET_SECRET="a secret of the target's"

# node NAME VALUE: a setting of the kernel's initiator.
node()
{
	iscsiadm -m node -T $WWN -p $V4 -o update -n "node.session.auth.$1" -v "$2" ||
		fail "no setting $1"
}

log_in_and_out()
{
	log_in $WWN $V4 default
	log_out $WWN $V4 default
}

modprobe "$MODULE" || exit 1
ramdisk chap 16
target "$FABRIC" $WWN $V4
link "$TPG" "$BACKSTORE"
echo 1 > "$TPG/enable"
echo 1 > "$TPG/attrib/authentication"
initiator $NAME:kernel
iscsiadm -m discovery -t sendtargets -p $V4 -I default > /dev/null || fail "no discovery"
secrets "$TPG/auth" $USER "$SECRET"
echo NULL > "$TPG/auth/password_mutual"
! iscsiadm -m node -T $WWN --login > /dev/null 2>&1 || fail "let in without a secret"
node authmethod CHAP
node username $USER
node password "$SECRET"
for digest in MD5 SHA1 SHA256; do
	node chap_algs $digest
	log_in_and_out
done
mutual "$TPG/auth" $TARGET_USER "$TARGET_SECRET"
node username_in $TARGET_USER
node password_in "$TARGET_SECRET"
for digest in MD5 SHA1 SHA256; do
	node chap_algs $digest
	log_in_and_out
done
# The initiator finds the target out.
mutual "$TPG/auth" $TARGET_USER "no secret of the target's"
! iscsiadm -m node -T $WWN --login > /dev/null 2>&1 || fail "the target is another"
node password "no secret of the initiator's"
! iscsiadm -m node -T $WWN --login > /dev/null 2>&1 || fail "the initiator is another"
iscsiadm -k 0
retry 10 rmmod iscsi_tcp || fail "cannot unload iscsi_tcp"

drop_target "$TPG"
drop_backstore "$BACKSTORE"
rmdir "$T/$FABRIC"
retry 5 rmmod "$MODULE" || fail "cannot unload"
echo "--- complete"
