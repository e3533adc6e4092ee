# SPDX-License-Identifier: GPL-2.0-only
#
# Each attribute accepts or refuses any text.

. "$GUEST/states_lib.sh"

two_sessions
texts $TPG
tell refuse 0
echo 1 > $TPG/enable 2> /dev/null
log_in $A
