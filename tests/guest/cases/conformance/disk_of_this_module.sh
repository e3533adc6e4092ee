# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of libiscsi and output of other programs for a disk of the module, for the host to
# evaluate.

. "$GUEST/conformance_lib.sh"

conformance "$MODULE" "$FABRIC"
