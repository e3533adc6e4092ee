# SPDX-License-Identifier: GPL-2.0-only
#
# A LUN that is unlinked under load ends the load, and works when it is linked again.

. "$GUEST/gadget_pulled_lib.sh"

unlinked()
{
	unlink "$TPG" || fail "cannot unlink"
	ends_load
	link "$TPG" "$BACKSTORE"
}

rounds unlinked
