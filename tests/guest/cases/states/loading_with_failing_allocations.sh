# SPDX-License-Identifier: GPL-2.0-only
#
# Each allocation fails once while the module is loaded.

. "$GUEST/states_lib.sh"

need_failing_memory
[ ! -d /sys/module/tcm_hold ] || rmmod tcm_hold || fail "cannot unload"
# Each load takes a second, and the loader has most of the allocations.
each_allocation load "$KO" tcm_hold $((ROUNDS > 100 ? 1 : 41)) || fail "load"
