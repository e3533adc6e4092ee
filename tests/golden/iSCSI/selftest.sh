#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests the fabric module through configfs: creation and removal of its tree,
# refused names, and reference counts. Needs root, the module, loaded or installed,
# and target_core_mod. If one of them is missing, it changes nothing and exits with
# 4, like a kselftest. Writes KTAP. Unless killed by SIGKILL, it removes what it has
# created.

module="tcm_nab5000"
fabric="nab5000"
wwn="iqn.foo"
other_wwn="iqn.2003-01.org.example.host:target1"
initiator="iqn.1994-05.org.example.client:initiator1"
refused_names="foo iqn. iqn.foo_bar eui.0123456789abcde naa.0123456789abcdeg"
other_spellings="iqn.FOO IQN.foo"
refused_initiators="foo iqn. iqn.foo_bar eui.0123456789abcde \
naa.0123456789abcdeg iqn.FOO IQN.foo"
refused_tags="tpgt tpgt_ tpgt_x tpgt_-1 tpgt_+1 tpgt_01 tpgt_65536 tpg_1 TPGT_1"

configfs=/sys/kernel/config
target=$configfs/target
tree=$target/$fabric
# A separate host bus adapter, so that several selftests can run at once.
backstore=$target/core/rd_mcp_$$/$module

tests=0
failed=0

# report NAME STATUS: writes a line of KTAP.
report()
{
	tests=$((tests + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $tests $1"
	else
		echo "not ok $tests $1"
		failed=$((failed + 1))
	fi
}

# check NAME COMMAND...: the command succeeds.
check()
{
	title=$1
	shift
	"$@"
	report "$title" $?
}

# refuse NAME COMMAND...: the command fails.
refuse()
{
	title=$1
	shift
	if "$@" 2> /dev/null; then
		report "$title" 1
	else
		report "$title" 0
	fi
}

# fails REASON NAME COMMAND...: the command fails with this reason.
fails()
{
	reason=$1
	title=$2
	shift 2
	LC_ALL=C "$@" 2>&1 | grep -q "$reason"
	report "$title" $?
}

# invalid NAME COMMAND...: the command fails with EINVAL.
invalid()
{
	fails "Invalid argument" "$@"
}

# exists NAME COMMAND...: the command fails with EEXIST.
exists()
{
	fails "File exists" "$@"
}

# skip REASON: skips the whole test.
skip()
{
	echo "1..0 # SKIP $1"
	exit 4
}

loaded()
{
	[ -d "/sys/module/$module" ]
}

# write TEXT FILE
write()
{
	echo "$1" > "$2"
}

# has_rtpi TPG: the portal group has a relative target port identifier.
has_rtpi()
{
	[ "$(($(cat "$1/rtpi")))" -ne 0 ]
}

# directories DIR NAME...: each is a directory of DIR.
directories()
{
	parent=$1
	shift
	for entry in "$@"; do
		[ -d "$parent/$entry" ] || return 1
	done
}

make_backstore()
{
	mkdir -p "$backstore" &&
		echo rd_pages=64 > "$backstore/control" &&
		echo 1 > "$backstore/enable"
}

drop_backstore()
{
	rmdir "$backstore" "${backstore%/*}"
}

# Removes the tree from its leaves to the root. After a passed test, nothing is left
# to remove.
cleanup()
{
	trap - EXIT
	{
		rm "$tree"/*/tpgt_*/acls/*/lun_*/lun_*
		rm "$tree"/*/tpgt_*/lun/lun_*/*_port
		rmdir "$tree"/*/tpgt_*/acls/*/lun_* "$tree"/*/tpgt_*/lun/lun_*
		rmdir "$tree"/*/tpgt_*/acls/*
		rmdir "$tree"/*/tpgt_*
		rmdir "$tree"/*
		rmdir "$tree"
		drop_backstore
		loaded && rmmod "$module"
	} 2> /dev/null
}

load()
{
	loaded || { modprobe "$module" && loaded; }
}

echo "KTAP version 1"
[ "$(id -u)" -eq 0 ] || skip "not root"
loaded || modinfo "$module" > /dev/null 2>&1 ||
	skip "no module $module: build and install it"
! grep -qs "/$module.ko" "/lib/modules/$(uname -r)/modules.builtin" ||
	skip "$module is built in, and cannot be loaded and unloaded"
[ -d "$target" ] || modprobe target_core_mod 2> /dev/null ||
	skip "no target core: CONFIG_TARGET_CORE"
[ -d "$configfs" ] && grep -q " $configfs configfs " /proc/mounts ||
	skip "no configfs: mount -t configfs none $configfs"
[ ! -d "$tree" ] || skip "$tree is in use: remove it first"

trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# The plan comes last, since the number of refused names depends on the protocol.
check "load" load
if ! loaded; then
	echo "1..$tests"
	exit 1
fi

check "fabric directory" mkdir "$tree"
check "fabric entries" [ -d "$tree/discovery_auth" ]
check "version" grep -q "fabric module" "$tree/version"

# The name of a port is accepted only in its canonical spelling. Other spellings are
# refused even if the port exists.
for name in $refused_names $other_spellings; do
	invalid "no target port $name" mkdir "$tree/$name"
done

for port in "$wwn" "$other_wwn"; do
	check "target port $port" mkdir "$tree/$port"
	for tag in 0 1 65535; do
		check "portal group $port/tpgt_$tag" mkdir "$tree/$port/tpgt_$tag"
	done
done
check "portal group entries" directories "$tree/$wwn/tpgt_1" acls attrib auth lun np param
exists "the same target port again" mkdir "$tree/$wwn"
exists "the same portal group again" mkdir "$tree/$wwn/tpgt_1"
for name in $other_spellings; do
	invalid "no target port $name beside $wwn" mkdir "$tree/$name"
done

# A portal group is closed until it is enabled. Enabling it assigns a relative target port
# identifier. Some fabrics have no `enable`.
tpg=$tree/$wwn/tpgt_1
if [ -e "$tpg/enable" ]; then
	check "closed at first" grep -qx 0 "$tpg/enable"
	check "enabling" write 1 "$tpg/enable"
	check "enabled" grep -qx 1 "$tpg/enable"
	check "relative target port identifier" has_rtpi "$tpg"
	check "disabling" write 0 "$tpg/enable"
fi

acls=$tree/$wwn/tpgt_1/acls
for name in $refused_initiators; do
	invalid "no node ACL $name" mkdir "$acls/$name"
done
check "node ACL $wwn" mkdir "$acls/$wwn"
exists "the same node ACL again" mkdir "$acls/$wwn"
for name in $refused_initiators; do
	invalid "no node ACL $name beside $wwn" mkdir "$acls/$name"
done
check "node ACL removal $wwn" rmdir "$acls/$wwn"
for name in $refused_tags; do
	refuse "no portal group $name" mkdir "$tree/$wwn/$name"
done

acl=$acls/$initiator
check "node ACL" mkdir "$acl"
check "node ACL entries" directories "$acl" attrib auth param
check "the same initiator in another group" mkdir "$tree/$wwn/tpgt_0/acls/$initiator"

lun=$tree/$wwn/tpgt_1/lun/lun_0
check "LUN" mkdir "$lun"
check "backstore" make_backstore
check "link" ln -s "$backstore" "$lun/${fabric}_port"
check "mapped LUN" mkdir "$acl/lun_0"
check "mapped LUN link" ln -s "$lun" "$acl/lun_0/lun_0"

refuse "no unloading while in use" rmmod "$module"
check "still loaded" loaded

check "mapped LUN unlink" rm "$acl/lun_0/lun_0"
check "mapped LUN removal" rmdir "$acl/lun_0"
check "unlink" rm "$lun/${fabric}_port"
check "LUN removal" rmdir "$lun"
check "backstore removal" drop_backstore
check "node ACL removal" rmdir "$acl" "$tree/$wwn/tpgt_0/acls/$initiator"
for port in "$wwn" "$other_wwn"; do
	for tag in 0 1 65535; do
		check "portal group removal $port/tpgt_$tag" rmdir "$tree/$port/tpgt_$tag"
	done
	check "target port removal $port" rmdir "$tree/$port"
done
check "fabric removal" rmdir "$tree"
check "unload" rmmod "$module"
refuse "unloaded" loaded

echo "1..$tests"
[ "$failed" -eq 0 ]
