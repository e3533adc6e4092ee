# SPDX-License-Identifier: GPL-2.0-only
#
# Each allocation fails once while initiators log in and commands are submitted.

. "$GUEST/states_lib.sh"

two_sessions
need_failing_memory
echo 1 > "$BACKSTORE/attrib/submit_type"
each_allocation write $TPG/submit "$a 70 0 read 512 00 $READ" || fail "submit"
each_allocation write $TPG/submit "$a 71 0 write 512 00 $WRITE" || fail "submit"
each_allocation write $TPG/tmr "$a 72 0 reset" || fail "tmr"
echo 0 > "$BACKSTORE/attrib/submit_type"
each_allocation write $TPG/login naa.5001405000000ccc || fail "login"
log_out_all
