# SPDX-License-Identifier: GPL-2.0-only
#
# Passes.

echo said
