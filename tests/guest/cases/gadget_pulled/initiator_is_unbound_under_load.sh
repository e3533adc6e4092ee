# SPDX-License-Identifier: GPL-2.0-only
#
# An initiator that is unbound under load ends the load, and its module can be unloaded.

. "$GUEST/gadget_pulled_lib.sh"

is_unloaded()
{
	rmmod uas 2> /dev/null
}

unbound()
{
	[ "$1" = bot ] && driver=usb-storage || driver=uas
	interface=$(basename "$(usb_device 0)"/*:1.0)
	echo "$interface" > /sys/bus/usb/drivers/$driver/unbind || fail "no unbind"
	ends_load
	if [ "$1" = uas ]; then
		retry 60 is_unloaded || fail "cannot unload uas"
		modprobe uas || fail "cannot load uas"
	fi
}

rounds unbound
