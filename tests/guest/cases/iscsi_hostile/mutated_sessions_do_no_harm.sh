# SPDX-License-Identifier: GPL-2.0-only
#
# Sessions with PDUs mutated at random, from SEED, run for FUZZ_SECONDS and end.

. "$GUEST/iscsi_case_lib.sh"

a_target
"$CLIENT" fuzz $V4 $WWN "$FUZZ_SECONDS" "$SEED" || fail "fuzz"
# All sessions have ended.
everybody_goes
