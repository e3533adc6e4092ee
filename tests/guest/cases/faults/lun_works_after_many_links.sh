# SPDX-License-Identifier: GPL-2.0-only
#
# A LUN is linked and unlinked ROUNDS times, and then works.

. "$GUEST/faults_lib.sh"

a_disk 1
unlink "$TPG" || fail "cannot unlink"
"$TOOL" links "$TPG" "$BACKSTORE" "$ROUNDS" > $SCRATCH/links || fail "links: $(cat $SCRATCH/links)"
cat $SCRATCH/links
grep -qx "$ROUNDS rounds" $SCRATCH/links || fail "not all rounds"
link "$TPG" "$BACKSTORE"
DISK=$(disk "$TPG") || fail "$DISK"
verified_io "$DISK" 1
