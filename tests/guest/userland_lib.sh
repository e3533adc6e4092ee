# SPDX-License-Identifier: GPL-2.0-only
#
# Fabrics in LIO's userland, Debian's targetcli and targetctl. FABRICS is a file with a line
# for each:
#
#	DIR MODULE FABRIC KIND WWN INITIATOR WRONG
#
# the directory of the module, its names, its data path, the names of two ports in the
# kernel's spelling, and an invalid name. To be sourced.

. "$GUEST/lib.sh"

PACKAGES=/usr/lib/python3/dist-packages
SAVED=/etc/rtslib-fb-target/saveconfig.json
PORTAL=127.0.0.1:3261
export HOME=$SCRATCH
trap end EXIT

# Files of the host are writable in this guest only.
mkdir $SCRATCH/tmpfs && mount -t tmpfs none $SCRATCH/tmpfs || exit 1
mkdir $SCRATCH/tmpfs/upper $SCRATCH/tmpfs/work
mount -t overlay none $PACKAGES -o \
	lowerdir=$PACKAGES,upperdir=$SCRATCH/tmpfs/upper,workdir=$SCRATCH/tmpfs/work || exit 1
ip link set lo up
# targetcli queries D-Bus for tcmu-runner, and fails without a bus.
[ -S /run/dbus/system_bus_socket ] || {
	mkdir -p /run/dbus && dbus-daemon --system || fail "no D-Bus"
}

# end: after a case that has passed, removes the configuration and the modules.
end()
{
	status=$?
	trap - EXIT
	! has_failed $status || exit $status
	[ -z "$LOOP" ] || {
		unload
		losetup -d "$LOOP"
	}
	umount $PACKAGES && umount $SCRATCH/tmpfs && rmdir $SCRATCH/tmpfs ||
		fail "cannot unmount"
	exit $status
}

# only PATTERN: leaves out the fabrics whose lines in FABRICS do not match, to save time.
only()
{
	grep "$1" "$FABRICS" > $SCRATCH/only || fail "no fabric: $1"
	FABRICS=$SCRATCH/only
}

# each COMMAND...: runs a command for each fabric, with the words of its line as variables.
each()
{
	while read -r DIR MODULE FABRIC KIND WWN INITIATOR WRONG; do
		"$@"
	done < "$FABRICS"
}

# run FILE: runs targetcli with the commands in a file.
run()
{
	targetcli < "$1" > "$1.log" 2>&1 || {
		cat "$1.log"
		fail "targetcli ends"
	}
}

# as_rtslib NAME: prints a name of the kernel in the spelling of rtslib.
as_rtslib()
{
	case $1 in
	0x*) echo "ib.${1#0x}" ;;
	??:*) echo "naa.$(echo "$1" | tr -d :)" ;;
	*) echo "$1" ;;
	esac
}

# otherwise NAME: prints the name in a spelling that the kernel refuses.
otherwise()
{
	case $1 in
	0x*) echo "${1#0x}" | tr a-f A-F | sed 's/..../&:/g; s/:$//' ;;
	??:*) echo "0x$(echo "$1" | tr -d :)" ;;
	*) echo "$1" | tr a-z A-Z ;;
	esac
}

commands()
{
	wwn=$(as_rtslib "$WWN")
	acl=$(as_rtslib "$INITIATOR")
	echo "/$FABRIC create $(otherwise "$WWN")"
	for disk in ramdisk/ram fileio/file block/block; do
		echo "/$FABRIC/$wwn/tpg1/luns create /backstores/$disk"
	done
	echo "/$FABRIC/$wwn create 7"
	echo "/$FABRIC/$wwn/tpg7/luns create /backstores/ramdisk/ram 5"
	[ "$KIND" != loopback ] || return 0
	echo "/$FABRIC/$wwn/tpg1/acls create $(otherwise "$INITIATOR")"
	echo "/$FABRIC/$wwn/tpg1/acls/$acl delete 2"
	echo "/$FABRIC/$wwn/tpg1/acls/$acl create 9 2 write_protect=1"
	[ "$KIND" = iscsi ] || return 0
	echo "/$FABRIC/$wwn/tpg1/portals delete 0.0.0.0 3260"
	echo "/$FABRIC/$wwn/tpg1/portals create ${PORTAL%:*} ${PORTAL#*:}"
	echo "/$FABRIC/$wwn/tpg1/portals create ::1 3262"
	echo "/$FABRIC/$wwn/tpg1 set auth userid=reader password=secret"
	echo "/$FABRIC/$wwn/tpg1 set attribute authentication=1 login_timeout=9"
	echo "/$FABRIC/$wwn/tpg1 set parameter MaxBurstLength=65536 HeaderDigest=CRC32C"
	echo "/$FABRIC/$wwn/tpg1/acls/$acl set auth userid=other password=hidden"
	echo "/$FABRIC/$wwn/tpg1/acls/$acl set auth mutual_userid=target mutual_password=safe"
	echo "/$FABRIC/$wwn/tpg1/acls/$acl set attribute nopin_timeout=7"
	echo "/$FABRIC set discovery_auth enable=1 userid=seeker password=found"
}

# wrong: prints commands with an invalid name of a target and of an initiator.
wrong()
{
	echo "/$FABRIC create $WRONG"
	[ "$KIND" = loopback ] || echo "/$FABRIC/$(as_rtslib "$WWN")/tpg1/acls create $WRONG"
}

# tree: prints the paths of a fabric, and the values of its settings.
tree()
{
	find $T/$FABRIC | grep -v '/statistics\|/fabric_statistics' | sort
	find $T/$FABRIC -type l -exec readlink {} + | sort
	find $T/$FABRIC -path '*/attrib/*' -o -path '*/param/*' -o -path '*auth/*' \
		-o -name write_protect -o -name enable | sort | xargs grep -H ''
}

# same: checks that the tree and the saved configuration are the first ones.
same()
{
	each tree > $SCRATCH/tree
	diff -u $SCRATCH/first.tree $SCRATCH/tree || fail "another tree"
	targetctl save $SCRATCH/saved || fail "cannot save"
	sorted < $SCRATCH/saved > $SCRATCH/saved.sorted
	diff -u $SCRATCH/first.sorted $SCRATCH/saved.sorted || fail "another configuration"
	each works
}

# works: checks that the disk of a loopback fabric exists, and that an iSCSI target
# authenticates discovery.
works()
{
	case $KIND in
	loopback) disk $T/$FABRIC/$WWN/tpgt_1 > /dev/null ;;
	iscsi)
		! iscsi-ls iscsi://$PORTAL > /dev/null 2>&1 || fail "discovery for anybody"
		iscsi-ls iscsi://seeker%found@$PORTAL | grep -q "$WWN" || fail "no discovery"
		;;
	esac
}

# sorted: prints JSON with sorted lists.
sorted()
{
	/usr/bin/python3 -c '
import json, sys
def ordered(value):
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in value}
    if isinstance(value, list):
        return sorted(map(ordered, value), key=json.dumps)
    return value
print(json.dumps(ordered(json.load(sys.stdin)), indent=1, sort_keys=True))'
}

# unload: clears the configuration, and unloads the modules.
unload()
{
	targetcli clearconfig confirm=True > $SCRATCH/log 2>&1 || {
		cat $SCRATCH/log
		fail "cannot clear"
	}
	each unload_one
}

unload_one()
{
	[ "$MODULE" != "$missing" ] || return 0
	[ -z "$(ls -d $T/$FABRIC/*.* 2> /dev/null)" ] || fail "$FABRIC still has a target"
	rmdir $T/$FABRIC && retry 5 rmmod "$MODULE" || fail "cannot unload $MODULE"
}

# boot: runs the commands of the systemd unit, with the environment of systemd.
boot()
{
	unit=$(grep -l 'targetctl restore' /lib/systemd/system/*.service) || fail "no unit"
	sed -n 's/^ExecStart=//p' "$unit" > $SCRATCH/start
	while read -r line; do
		env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin $line || fail "$line"
	done < $SCRATCH/start
}

installs()
{
	make -s -C "$DIR" install-userland || fail "cannot install"
}

uninstalls()
{
	make -s -C "$DIR" uninstall-userland || fail "cannot uninstall"
}

# is FILE TEXT: checks the content of a file.
is()
{
	[ "$(cat "$1")" = "$2" ] || fail "$1 is not $2"
}

# restored: checks that the fabric exists, unless its module is missing.
restored()
{
	[ "$MODULE" = "$missing" ] || [ -d $T/$FABRIC/$WWN/tpgt_7/lun/lun_5 ] || fail "no $FABRIC"
}

# made: checks the created objects, under the names of the kernel.
made()
{
	tpg=$T/$FABRIC/$WWN/tpgt_1
	[ "$(cd $tpg/lun && echo lun_*)" = "lun_0 lun_1 lun_2" ] || fail "other LUNs in $FABRIC"
	[ -d ${tpg%1}7/lun/lun_5 ] || fail "no second portal group in $FABRIC"
	if [ "$KIND" = loopback ]; then
		[ -n "$(cat $tpg/nexus)" ] || fail "no nexus"
		return
	fi
	is $tpg/enable 1
	acl=$tpg/acls/$INITIATOR
	[ "$(cd $acl && echo lun_*)" = "lun_0 lun_1 lun_9" ] || fail "other LUNs in $acl"
	is $acl/lun_0/write_protect 0
	is $acl/lun_9/write_protect 1
	[ "$KIND" = iscsi ] || return 0
	[ "$(ls $tpg/np | tr '\n' ' ')" = "$PORTAL [::1]:3262 " ] || fail "other portals"
	is $tpg/auth/password secret
	is $tpg/attrib/authentication 1
	is $tpg/attrib/login_timeout 9
	is $tpg/param/MaxBurstLength 65536
	is $tpg/param/HeaderDigest CRC32C
	is $acl/auth/userid other
	is $acl/auth/userid_mutual target
	is $acl/auth/authenticate_target 1
	is $acl/attrib/nopin_timeout 7
	is $T/$FABRIC/discovery_auth/enforce_discovery_auth 1
	is $T/$FABRIC/discovery_auth/password found
}

# configure: installs the userland of all fabrics, and creates and saves a configuration of
# them, in $SCRATCH/first.
configure()
{
	each installs
	truncate -s 8M $SCRATCH/tmpfs/file $SCRATCH/tmpfs/disk
	LOOP=$(losetup --find --show $SCRATCH/tmpfs/disk) || fail "no loop device"
	{
		echo "/backstores/ramdisk create ram 8M"
		echo "/backstores/fileio create file $SCRATCH/tmpfs/file"
		echo "/backstores/block create block $LOOP"
		each commands
		each wrong
		echo "saveconfig"
	} > $SCRATCH/make
	run $SCRATCH/make
	each made
	cp $SAVED $SCRATCH/first
	sorted < $SCRATCH/first > $SCRATCH/first.sorted
	each tree > $SCRATCH/first.tree
	each works
}
