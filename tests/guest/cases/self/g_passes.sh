# SPDX-License-Identifier: GPL-2.0-only
#
# Passes, after all others.

true
