# SPDX-License-Identifier: GPL-2.0-only
#
# libiscsi and others look at a disk of the module; the host judges.

. "$GUEST/conformance_lib.sh"

conformance "$MODULE" "$FABRIC"
