# SPDX-License-Identifier: GPL-2.0-only
#
# A gadget unbound from its controller under load ends the load, and works when it is bound again.

. "$GUEST/gadget_pulled_lib.sh"

pulled()
{
	unplug 0
	ends_load
}

rounds pulled
