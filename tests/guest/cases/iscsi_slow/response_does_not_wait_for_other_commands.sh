# SPDX-License-Identifier: GPL-2.0-only
#
# The response to a command is sent before later commands are executed.

. "$GUEST/iscsi_slow_lib.sh"

a_slow_target
slow_writes 50
"$CLIENT" latency $V4 $WWN 32 || fail "latency"
