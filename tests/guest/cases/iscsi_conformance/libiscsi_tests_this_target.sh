# SPDX-License-Identifier: GPL-2.0-only
#
# libiscsi tests the target, for the host to evaluate.

. "$GUEST/iscsi_conformance_lib.sh"

libiscsi_tests "$MODULE" "$FABRIC" 3261
