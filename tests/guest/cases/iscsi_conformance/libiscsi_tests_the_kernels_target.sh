# SPDX-License-Identifier: GPL-2.0-only
#
# libiscsi tests iscsi_target_mod, for the host to compare.

. "$GUEST/iscsi_conformance_lib.sh"

libiscsi_tests iscsi_target_mod iscsi 3260
