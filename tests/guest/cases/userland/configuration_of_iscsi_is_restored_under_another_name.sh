# SPDX-License-Identifier: GPL-2.0-only
#
# A configuration that targetcli has saved of the kernel's iscsi_target_mod is restored, renamed,
# as one of an iSCSI fabric of a module, without a message.

. "$GUEST/userland_lib.sh"

# renamed: creates the target of the fabric in iscsi_target_mod, and restores it under the
# name of the fabric.
renamed()
{
	[ "$KIND" = iscsi ] || return 0
	own=$FABRIC
	FABRIC=iscsi
	{
		grep '^/backstores' $SCRATCH/make
		commands
		echo "/iscsi/$WWN/tpg1 set parameter MaxConnections=100 MaxOutstandingR2T=64"
		echo "/iscsi/$WWN/tpg1 set parameter TargetAlias=rack ErrorRecoveryLevel=2"
		echo "/iscsi/$WWN/tpg1 set attribute t10_pi=1 default_erl=2 cache_dynamic_acls=1"
		echo "/iscsi/$WWN/tpg1/acls/$INITIATOR set attribute random_r2t_offsets=1"
		echo "saveconfig $SCRATCH/iscsi"
	} > $SCRATCH/rename
	run $SCRATCH/rename
	FABRIC=$own
	targetcli clearconfig confirm=True > $SCRATCH/log 2>&1 || fail "cannot clear iscsi"
	sed "s/\"iscsi\"/\"$FABRIC\"/" $SCRATCH/iscsi > $SCRATCH/renamed
	dmesg -C
	targetctl restore $SCRATCH/renamed > $SCRATCH/renamed.log 2>&1 || fail "cannot restore"
	[ ! -s $SCRATCH/renamed.log ] || fail "$(cat $SCRATCH/renamed.log)"
	! dmesg | grep ': want ' || fail "the kernel refuses a value"
	made
	works
	is $tpg/param/MaxConnections 100
	is $tpg/param/TargetAlias rack
	is $tpg/attrib/default_erl 2
	is $acl/attrib/random_r2t_offsets 1
	targetcli clearconfig confirm=True > $SCRATCH/log 2>&1 || fail "cannot clear $FABRIC"
}

only ' iscsi '
configure
unload
each renamed
targetcli restoreconfig $SCRATCH/first || fail "cannot restore"
