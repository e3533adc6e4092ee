# SPDX-License-Identifier: GPL-2.0-only
#
# The submission of a command with a tag and without data allocates nothing.

. "$GUEST/interrupt_lib.sh"

need_failing_memory
portal_group
nexus 4
"$MISUSE" spare $TPG/submit "here ready 1" || fail "memory"
want executed 2
tell release all
want released 2
