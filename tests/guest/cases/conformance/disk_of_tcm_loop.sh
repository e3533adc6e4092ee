# SPDX-License-Identifier: GPL-2.0-only
#
# libiscsi and others look at a disk of tcm_loop, for the host to compare.

. "$GUEST/conformance_lib.sh"

conformance tcm_loop loopback
