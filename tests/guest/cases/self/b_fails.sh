# SPDX-License-Identifier: GPL-2.0-only
#
# Fails.

echo wrong
exit 1
