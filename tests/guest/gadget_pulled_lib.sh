# SPDX-License-Identifier: GPL-2.0-only
#
# A gadget that is pulled under load in ROUNDS rounds, through both transports, for cases. To be
# sourced.

. "$GUEST/gadget_lib.sh"

# rounds COMMAND...: repeats the command under a load on DISK, with the transport as its last
# word. The load must end, and the disk must come back when plugged in.
rounds()
{
	a_gadget uas
	for transport in uas bot; do
		for round in $(seq "$ROUNDS"); do
			load busy "$DISK" 4 io_uring
			"$@" $transport
			stop_load
			! is_plugged 0 || unplug 0
			retry 60 no_usb_device || fail "the device stays"
			[ "$round" -lt "$ROUNDS" ] || through bot
			plug 0
			usb_disk 0
			verified 8
		done
	done
	uses bot
}

no_usb_device()
{
	[ -z "$(usb_device 0)" ]
}

# ends_load: waits until the load ends by itself, since its device is gone.
ends_load()
{
	retry 120 is_over || fail "the load hangs: $(cat /proc/$LOAD/wchan)"
}
