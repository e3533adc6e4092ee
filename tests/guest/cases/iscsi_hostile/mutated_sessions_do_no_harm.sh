# SPDX-License-Identifier: GPL-2.0-only
#
# Sessions whose PDUs are mutated, by SEED, for SECONDS.

. "$GUEST/iscsi_case_lib.sh"

a_target
"$CLIENT" fuzz $V4 $WWN "$FUZZ_SECONDS" "$SEED" || fail "fuzz"
# Whoever is gone has left nothing behind.
everybody_goes
