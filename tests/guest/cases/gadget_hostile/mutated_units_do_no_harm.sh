# SPDX-License-Identifier: GPL-2.0-only
#
# Wrappers and information units mutated at random, from SEED, for FUZZ_SECONDS of each transport,
# do no harm.

. "$GUEST/gadget_lib.sh"

a_gadget uas
for transport in bot uas; do
	"$CLIENT" $transport-fuzz ${PRODUCT}0 "$FUZZ_SECONDS" "$SEED" || fail "$transport"
done
usb_disk 0
verified 8
