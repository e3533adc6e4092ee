#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kselftest.sh SOURCE MODULE FABRIC: the self-test of a module as a kselftest: run by the
# runner of the kernel, skipped without its requirements, and killed. Run by
# tests/guest.rs.

source=$1
module=$2
fabric=$3
target=/sys/kernel/config/target
selftest=$source/tools/testing/selftests/drivers/target/$module/selftest.sh

# left: prints the remaining directories of the fabric, module and backstores.
left()
{
	ls -d "$target/$fabric" "/sys/module/$module" "$target"/core/rd_mcp_*/* 2> /dev/null
}

# skipped REASON COMMAND...: checks that the test is skipped for this reason.
skipped()
{
	reason=$1
	shift
	said=$("$@")
	status=$?
	if [ $status -ne 4 ] || ! echo "$said" | grep -q "^1..0 # SKIP.*$reason"; then
		echo "not skipped for $reason: status $status: $said"
		exit 1
	fi
	echo "skipped: $reason"
}

echo "=== kselftest"
# The runner opens /dev/stdout, a link that differs in a guest. Its output is a pipe, since
# it would overwrite a file from the beginning.
ln -sf /proc/self/fd/1 /dev/stdout
make -s -C "$source/tools/testing/selftests" TARGETS="drivers/target/$module" run_tests | cat
[ -z "$(left)" ] || exit 1

echo "=== skips"
rmmod $(lsmod | sed -n 's/^\(target_core_[^ ]*\) .*/\1/p' | grep -v _mod) target_core_mod || exit 1
# As standard input: `nobody` may have no access to the path of the script.
skipped "not root" setpriv --reuid=65534 --clear-groups sh < "$selftest"
mount -t tmpfs none /lib/modules
skipped "no module $module" sh "$selftest"
umount /lib/modules
echo "install target_core_mod /bin/false" > /etc/modprobe.d/selftest.conf
skipped "no target core" sh "$selftest"
rm /etc/modprobe.d/selftest.conf
modprobe target_core_mod
umount /sys/kernel/config || exit 1
skipped "no configfs" sh "$selftest"
mount -t configfs none /sys/kernel/config
modprobe "$module"
mkdir "$target/$fabric"
skipped "$target/$fabric is in use" sh "$selftest"
rmdir "$target/$fabric"
rmmod "$module"
[ -z "$(left)" ] || exit 1

echo "=== ended"
for signal in TERM HUP; do
	sh "$selftest" > /tmp/said 2>&1 &
	until ls -d "$target/$fabric"/*/tpgt_1/acls/*/lun_0/lun_0 > /dev/null 2>&1; do
		kill -0 $! || exit 1
	done
	kill -s $signal $!
	wait $!
	echo "$signal: status $?, left: $(left)"
done
