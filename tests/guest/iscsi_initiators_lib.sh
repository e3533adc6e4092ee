# SPDX-License-Identifier: GPL-2.0-only
#
# Two iSCSI targets and the kernel's initiator, for cases. MODULE and FABRIC are the names
# of a fabric generated with --data-path iscsi. MIB megabytes are written and verified at
# a time, by the program DISK_LOAD where fio takes long to start. To be sourced. The
# targets and iscsid are kept between cases, since they take longer to start than most
# cases run. Each case ends without a session.

. "$GUEST/lib.sh"
. "$GUEST/iscsi_lib.sh"

WWN=iqn.2003-01.org.example.host:target
FIRST=iqn.1994-05.org.example.client:first
SECOND=iqn.1994-05.org.example.client:second
V4=127.0.0.1:3261
V6=[::1]:3262
FAR=10.9.9.1:3260
TPG1=$T/$FABRIC/${WWN}1/tpgt_1
TPG2=$T/$FABRIC/${WWN}2/tpgt_1
LUN1=$T/core/rd_mcp_0/first
LUN2=$T/core/rd_mcp_0/second
trap end EXIT

# two_targets: TPG1 with LUN1, and TPG2 with LUN2. The initiator has two names, one each
# for its interfaces `default` and `second`, and has discovered both targets.
two_targets()
{
	[ -d "$TPG1" ] || make_targets
}

make_targets()
{
	modprobe "$MODULE" || fail "no module"
	ramdisk first 64
	ramdisk second 64
	target "$FABRIC" "${WWN}1" $V4 $V6
	link "$TPG1" "$LUN1"
	target "$FABRIC" "${WWN}2" $V4
	link "$TPG2" "$LUN2"
	echo 1 > "$TPG1/enable" && echo 1 > "$TPG2/enable" || fail "cannot enable"
	initiator $FIRST
	iscsiadm -m iface -I second --op=new > /dev/null || fail "no second interface"
	iscsiadm -m iface -I second --op=update -n iface.initiatorname -v $SECOND > /dev/null
	discover $V4 -I default -I second && discover $V6 -I default || fail "no discovery"
}

# discover PORTAL OPTIONS...: prints each target and portal once.
discover()
{
	portal=$1
	shift
	iscsiadm -m discovery -t sendtargets -p "$portal" "$@" > $SCRATCH/discovery || return
	sort -u $SCRATCH/discovery
}

# log_in_again: logs in again to the first portal of the first target. DISK is the disk.
log_in_again()
{
	log_out ${WWN}1 $V4 default
	log_in ${WWN}1 $V4 default
}

# set_node WWN PORTAL IFACE NAME VALUE: changes a setting of the initiator.
set_node()
{
	iscsiadm -m node -T "$1" -p "$2" -I "$3" -o update -n "$4" -v "$5" ||
		fail "no setting $4"
}

# end: after a case that has passed, logs its sessions out.
end()
{
	status=$?
	trap - EXIT
	! has_failed $status || exit $status
	if iscsiadm -m session > /dev/null 2>&1; then
		iscsiadm -m node --logoutall=all > $SCRATCH/log 2>&1 ||
			fail "cannot log out: $(cat $SCRATCH/log)"
	fi
	exit $status
}
