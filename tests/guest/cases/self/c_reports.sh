# SPDX-License-Identifier: GPL-2.0-only
#
# Passes, but the kernel reports something.

echo 'WARNING: made up' > /dev/kmsg
