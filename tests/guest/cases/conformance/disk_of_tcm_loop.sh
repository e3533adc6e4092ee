# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of libiscsi and output of other programs for a disk of tcm_loop, for the host to compare.

. "$GUEST/conformance_lib.sh"

conformance tcm_loop loopback
