# SPDX-License-Identifier: GPL-2.0-only
#
# What the scripts for iSCSI share: targets and portals, of the kernel's
# iscsi_target_mod or of a module generated with --data-path iscsi. To be sourced
# after lib.sh.

mkdir -p /var/target/pr /etc/target
ip link set lo up || exit 1

# target FABRIC WWN ADDRESS:PORT...: a portal group that anybody may log in to.
# TPG is where it is.
target()
{
	TPG=$T/$1/$2/tpgt_1
	shift 2
	mkdir -p "$TPG" || fail "no target"
	echo 0 > "$TPG/attrib/authentication"
	echo 1 > "$TPG/attrib/generate_node_acls"
	echo 0 > "$TPG/attrib/demo_mode_write_protect"
	for portal in "$@"; do
		mkdir "$TPG/np/$portal" || fail "no portal $portal"
	done
}

# drop_target TPG: with what is linked to it, and its portals.
drop_target()
{
	echo 0 > "$1/enable" || fail "cannot disable"
	for lun in "$1"/lun/lun_*; do
		[ -e "$lun" ] || continue
		rm -f "$lun"/port && rmdir "$lun" || fail "cannot unlink"
	done
	rmdir "$1"/np/* "$1" "${1%/*}" || fail "cannot remove the target"
}
