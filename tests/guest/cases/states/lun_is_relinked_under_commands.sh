# SPDX-License-Identifier: GPL-2.0-only
#
# A LUN is unlinked and linked again while writes to it are submitted.

. "$GUEST/states_lib.sh"

two_sessions
i=0
while [ $i -lt "$ROUNDS" ]; do
	tell submit $a $((2000 + i)) 0 write 512 00 $WRITE &
	unlink $TPG || fail "cannot unlink"
	wait
	link $TPG "$BACKSTORE"
	i=$((i + 1))
done
