# SPDX-License-Identifier: GPL-2.0-only
#
# Does not end.

echo begun
sleep 10000
