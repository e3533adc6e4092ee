#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# iscsi_field.sh MODULE FABRIC CLIENT: what a fabric that was generated with --data-path
# iscsi meets in the field: addresses that come later, initiators as they are, values of
# an administrator that must hold, and what the log says. By the harness's iscsi-client.

. "${0%/*}/lib.sh"
. "${0%/*}/iscsi_lib.sh"

MODULE=$1
FABRIC=$2
CLIENT=$3
WWN=iqn.2003-01.org.example.host:target
NAME=iqn.1994-05.org.example.client
V4=127.0.0.1:3261
LATER=192.0.2.50:3260

# is_logged TEXT: a line of the log has it.
is_logged()
{
	dmesg | grep -q "$1" || fail "not in the log: $1"
}

# is_refused_aloud: a login is refused, and the log says so. Lines of the load that has ended
# may use up what the log takes in a while.
is_refused_aloud()
{
	! "$CLIENT" logins $V4 $WWN 1 1 2> /dev/null || fail "no node ACL, but logged in"
	dmesg | grep -q "login from 127.0.0.1:[0-9]* refused: it has no node ACL (initiator $NAME:test-0, target $WWN)"
}

# listed: how many lines dynamic_sessions has.
listed()
{
	wc -l < "$TPG/dynamic_sessions"
}

has_listed()
{
	[ "$(listed)" -ge "$1" ]
}

one_target field "$MODULE" "$FABRIC" $WWN $V4

echo "--- an address that comes later"
mkdir "$TPG/np/$LATER" || fail "no portal at an address that is not there"
! "$CLIENT" logins $LATER $WWN 1 1 2> /dev/null || fail "an address that is not there"
ip addr add 192.0.2.50/32 dev lo || fail "no address"
"$CLIENT" logins $LATER $WWN 1 1 || fail "the address is there"
ip addr del 192.0.2.50/32 dev lo && rmdir "$TPG/np/$LATER" || fail "cannot remove the portal"

echo "--- a link-local address"
ip link add local type veth peer name other && ip link set local up && ip link set other up &&
	ip -6 addr add fe80::5/64 dev local nodad ||
	fail "no link-local address"
mkdir "$TPG/np/[fe80::5%local]:3270" || fail "no portal in a zone"
! mkdir "$TPG/np/[fe80::5%nowhere]:3270" 2> /dev/null || fail "no such interface"
iscsi-ls iscsi://$V4 > $SCRATCH/targets || fail "no discovery"
grep -q 'fe80::5\]:3270' $SCRATCH/targets || fail "another address: $(cat $SCRATCH/targets)"
! grep -q % $SCRATCH/targets || fail "the zone is shown: $(cat $SCRATCH/targets)"
rmdir "$TPG/np/[fe80::5%local]:3270" && ip link del local || fail "cannot remove the portal"

echo "--- initiators"
"$CLIENT" field $V4 $WWN || fail "field"
mkdir "$TPG/acls/iqn.2008-11.org.linux-kvm:vm_1 @" || fail "no node ACL for a virtual machine"
rmdir "$TPG/acls/iqn.2008-11.org.linux-kvm:vm_1 @"
! mkdir "$TPG/acls/iqn.a,b" 2> /dev/null || fail "a comma in a name"
is_logged "initiator name iqn.a,b: may not have byte 0x2c"
! mkdir "$TPG/acls/iqn.A" 2> /dev/null || fail "capitals in the name of a node ACL"

echo "--- demands"
echo CRC32C > "$TPG/param/DataDigest" && echo No > "$TPG/param/ImmediateData" &&
	echo shelf > "$TPG/param/TargetAlias" || fail "no demands"
"$CLIENT" demands $V4 $WWN || fail "demands"
echo CRC32C,None > "$TPG/param/DataDigest" && echo Yes > "$TPG/param/ImmediateData"

echo "--- authentication that nobody has to have"
secrets "$TPG/auth" $USER "$SECRET"
"$CLIENT" optional $V4 $WWN || fail "optional"
echo NULL > "$TPG/auth/userid"

echo "--- values that iscsi_target_mod takes"
for value in param/MaxConnections=100 param/MaxOutstandingR2T=64 param/ErrorRecoveryLevel=2 \
	param/IFMarkInt=2048~65535 param/OFMarkInt=Reject param/TargetAlias=rack \
	param/DataPDUInOrder=No param/IFMarker=Yes attrib/t10_pi=1 attrib/fabric_prot_type=1 \
	attrib/login_keys_workaround=0 attrib/default_erl=2; do
	echo "${value#*=}" > "$TPG/${value%=*}" && [ "$(cat "$TPG/${value%=*}")" = "${value#*=}" ] ||
		fail "not taken: $value"
done
[ "$(cat "$TPG/param/AuthMethod")" = CHAP,None ] || fail "AuthMethod"
mkdir "$TPG/acls/$NAME:values"
for value in tag=rack attrib/dataout_timeout_retries=7 attrib/default_erl=1 \
	attrib/random_datain_pdu_offsets=1 attrib/random_datain_seq_offsets=1 \
	attrib/random_r2t_offsets=1; do
	file=$TPG/acls/$NAME:values/${value%=*}
	echo "${value#*=}" > "$file" && [ "$(cat "$file")" = "${value#*=}" ] || fail "not taken: $value"
done
rmdir "$TPG/acls/$NAME:values"
"$CLIENT" logins $V4 $WWN 4 2 || fail "not negotiated down"

echo "--- more sessions than a page has room for"
touch $SCRATCH/loaded
nice -n 19 "$CLIENT" load $V4 $WWN 130 $SCRATCH/loaded > $SCRATCH/load 2>&1 &
LOAD=$!
retry 120 grep -q begun $SCRATCH/load || fail "no load: $(cat $SCRATCH/load)"
retry 20 has_listed 50 || fail "a short list: $(listed)"
! grep -v "^$NAME" "$TPG/dynamic_sessions" || fail "half a line"
rm $SCRATCH/loaded
wait $LOAD || fail "the load: $(cat $SCRATCH/load)"

echo "--- the log"
is_logged "login from 127.0.0.1:[0-9]* refused: its keys.*(initiator $NAME:test, target $WWN)"
is_logged "login from 127.0.0.1:[0-9]* refused: its name.*(initiator a,b, target $WWN)"
echo 0 > "$TPG/attrib/generate_node_acls"
retry 10 is_refused_aloud || fail "not in the log: no node ACL"

no_target "$MODULE" "$FABRIC"
