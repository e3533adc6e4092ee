# SPDX-License-Identifier: GPL-2.0-only
#
# A session stopped by target core refuses commands and TMFs.

. "$GUEST/states_lib.sh"

two_sessions
tell stop $a
refused tell submit $a 62 0 read 512 00 $READ
refused tell tmr $a 63 0 reset
tell logout $a
