#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# cases.sh REPORTS CASE...: runs the cases, files below cases/, in order, and prints their
# results in KTAP. Ends after the first case that fails, or during which the kernel logs
# one of the texts in the file REPORTS: the guest may be damaged. Parameters of cases are in
# the environment.

export GUEST="${0%/*}"
REPORTS=$1
shift
STATUS=/tmp/tcm-case
SKIPPED=4

seconds_up()
{
	cut -d. -f1 /proc/uptime
}

echo "KTAP version 1"
echo "1..$#"
number=0
for case in "$@"; do
	number=$((number + 1))
	start=$(seconds_up)
	# The host splits the kernel's log at these lines.
	echo "tcm case: $case" > /dev/kmsg
	{
		setsid sh "$GUEST/cases/$case.sh" < /dev/null &
		wait $!
		echo $? > $STATUS
		# Remaining processes of the case.
		kill -KILL -- -$! 2> /dev/null
	} 2>&1 | sed -u 's/^/# /'
	status=$(cat $STATUS)
	seconds=$(($(seconds_up) - start))
	if dmesg | grep -qF -f "$REPORTS"; then
		status=report
	fi
	case $status in
	0) echo "ok $number - $case # $seconds s" ;;
	$SKIPPED) echo "ok $number - $case # SKIP" ;;
	*)
		echo "not ok $number - $case # $seconds s"
		exit 1
		;;
	esac
done
