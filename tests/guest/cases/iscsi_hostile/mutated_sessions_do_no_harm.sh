# SPDX-License-Identifier: GPL-2.0-only
#
# Sessions with PDUs mutated by SEED, for FUZZ_SECONDS.

. "$GUEST/iscsi_case_lib.sh"

a_target
"$CLIENT" fuzz $V4 $WWN "$FUZZ_SECONDS" "$SEED" || fail "fuzz"
# All sessions have ended.
everybody_goes
