# SPDX-License-Identifier: GPL-2.0-only
#
# Passes, but the kernel logs a report.

echo 'WARNING: made up' > /dev/kmsg
