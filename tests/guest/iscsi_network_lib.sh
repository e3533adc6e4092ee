# SPDX-License-Identifier: GPL-2.0-only
#
# An iSCSI target at the far end of a veth link, and the kernel's initiator at the near
# end, under load, for cases. MODULE and FABRIC are the names of a fabric generated with
# --data-path iscsi. MIB megabytes are written and verified repeatedly, by the program
# DISK_LOAD where fio takes long to start. To be sourced.

. "$GUEST/lib.sh"
. "$GUEST/iscsi_lib.sh"

WWN=iqn.2003-01.org.example.host:target
NAME=iqn.1994-05.org.example.client:kernel
FAR=10.9.9.1:3260

# steady: writes and verifies the disk until the file `enough` exists. Each successful
# round adds a line to the file `rounds`.
steady()
{
	until [ -e $SCRATCH/enough ]; do
		verify "$DISK" 16
		echo right >> $SCRATCH/rounds
	done
}

rounds()
{
	wc -l < $SCRATCH/rounds
}

# has_more N: returns true after more than N rounds.
has_more()
{
	[ "$(rounds)" -gt "$1" ]
}

# is_busy: returns true if commands are in flight.
is_busy()
{
	[ "$(awk '{ print $1 + $2 }' "/sys/block/${DISK#/dev/}/inflight")" -gt 0 ]
}

is_gone()
{
	grep -q "^No active" "$ACL/info"
}

is_there()
{
	grep -q TARG_SESS_STATE_LOGGED_IN "$ACL/info"
}

# sever SECONDS COMMAND...: cuts the link by the command with `down`, and restores it by
# the command with `up`.
sever()
{
	seconds=$1
	shift
	retry 20 is_busy || fail "no load"
	"$@" down || fail "cannot cut the link"
	retry 60 is_gone || fail "the session is still there: $(cat "$ACL/info")"
	before=$(rounds)
	sleep "$seconds"
	[ "$(rounds)" = "$before" ] || fail "the link is not cut"
	"$@" up || fail "cannot restore the link"
	began=$(seconds_up)
	retry 120 is_there || fail "the session does not return"
	retry 120 has_more $((before + 1)) || fail "no data"
	echo "back after $(($(seconds_up) - began)) s"
}

io_errors()
{
	dmesg | grep -c "I/O error"
}

seconds_up()
{
	cut -d. -f1 /proc/uptime
}

# a_load: creates the link, the target and a session, and starts a load on its disk.
a_load()
{
	ip netns add far && ip link add near type veth peer name far netns far || fail "no link"
	ip addr add 10.9.9.2/24 dev near && ip link set near up || fail "no near end"
	ip -n far addr add 10.9.9.1/24 dev far && ip -n far link set far up || fail "no far end"
	modprobe "$MODULE" || fail "no module"
	ramdisk network 64
	target "$FABRIC" $WWN
	link "$TPG" "$BACKSTORE"
	ERRORS=$(io_errors)
	node_acl $NAME
	echo 2 > "$ACL/attrib/dataout_timeout"
	echo 1 > "$ACL/attrib/nopin_timeout"
	echo 3 > "$ACL/attrib/nopin_response_timeout"
	nsenter --net=/run/netns/far mkdir "$TPG/np/$FAR" || fail "no portal at the far end"
	echo 1 > "$TPG/enable" || fail "cannot enable"
	initiator $NAME
	iscsiadm -m discovery -t sendtargets -p $FAR -I default > /dev/null || fail "no discovery"
	# Short timeouts of the initiator, with commands waiting for the session to return.
	node $WWN $FAR "node.conn[0].timeo.noop_out_interval" 1
	node $WWN $FAR "node.conn[0].timeo.noop_out_timeout" 2
	node $WWN $FAR "node.conn[0].timeo.login_timeout" 3
	node $WWN $FAR node.session.timeo.replacement_timeout 120
	log_in $WWN $FAR default
	keep_iscsid_awake
	: > $SCRATCH/rounds
	rm -f $SCRATCH/enough
	steady &
	LOAD=$!
	retry 120 has_more 0 || fail "no load"
}

# end_load: checks that the load has succeeded without I/O errors. Removes everything.
end_load()
{
	touch $SCRATCH/enough
	wait $LOAD || fail "the load has failed"
	[ "$(io_errors)" = "$ERRORS" ] || fail "errors: $(dmesg | grep "I/O error")"

	let_iscsid_sleep
	log_out $WWN $FAR default
	iscsiadm -k 0
	retry 10 rmmod iscsi_tcp || fail "cannot unload iscsi_tcp"
	drop_node_acl "$ACL"
	no_target "$MODULE" "$FABRIC"
	ip link del near && ip netns del far || fail "cannot remove the link"
}
