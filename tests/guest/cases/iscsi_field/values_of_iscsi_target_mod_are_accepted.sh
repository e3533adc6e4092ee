# SPDX-License-Identifier: GPL-2.0-only
#
# Values that iscsi_target_mod accepts are accepted. Unsupported ones are negotiated down.

. "$GUEST/iscsi_case_lib.sh"

# takes DIR NAME=VALUE...: checks that each file keeps its value.
takes()
{
	dir=$1
	shift
	for value in "$@"; do
		file=$dir/${value%%=*}
		echo "${value#*=}" > "$file" && [ "$(cat "$file")" = "${value#*=}" ] ||
			fail "not taken: $value"
	done
}

a_target
takes "$TPG" param/MaxConnections=100 param/MaxOutstandingR2T=64 param/ErrorRecoveryLevel=2 \
	param/IFMarkInt=2048~65535 param/OFMarkInt=Reject param/TargetAlias=rack \
	param/DataPDUInOrder=No param/IFMarker=Yes attrib/t10_pi=1 attrib/fabric_prot_type=1 \
	attrib/login_keys_workaround=0 attrib/default_erl=2
[ "$(cat "$TPG/param/AuthMethod")" = CHAP,None ] || fail "AuthMethod"
mkdir "$TPG/acls/$NAME:values"
takes "$TPG/acls/$NAME:values" tag=rack attrib/dataout_timeout_retries=7 attrib/default_erl=1 \
	attrib/random_datain_pdu_offsets=1 attrib/random_datain_seq_offsets=1 \
	attrib/random_r2t_offsets=1
rmdir "$TPG/acls/$NAME:values"
"$CLIENT" logins $V4 $WWN 4 2 || fail "not negotiated down"
