# SPDX-License-Identifier: GPL-2.0-only
#
# Panics the kernel.

echo 1 > /proc/sys/kernel/sysrq
echo c > /proc/sysrq-trigger
sleep 10000
