# SPDX-License-Identifier: GPL-2.0-only
#
# An initiator that does not accept the values in `param` is refused.

. "$GUEST/iscsi_case_lib.sh"

a_target
echo CRC32C > "$TPG/param/DataDigest" && echo No > "$TPG/param/ImmediateData" &&
	echo shelf > "$TPG/param/TargetAlias" || fail "cannot set the values"
"$CLIENT" demands $V4 $WWN || fail "demands"
