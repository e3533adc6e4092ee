# SPDX-License-Identifier: GPL-2.0-only
#
# An iSCSI target under load, for cases. The load is that of CLIENT, the program
# iscsi-client, which checks that no acknowledged data are lost. ROUNDS is a number of
# rounds. To be sourced.

. "$GUEST/iscsi_case_lib.sh"

# begin_load INITIATORS: starts a load until end_load, and waits until each initiator has
# written once. The load is niced, or it would starve this script.
begin_load()
{
	touch $SCRATCH/loaded
	nice -n 19 "$CLIENT" load $V4 $WWN "$1" $SCRATCH/loaded > $SCRATCH/load 2>&1 &
	LOAD=$!
	retry 120 grep -q begun $SCRATCH/load || fail "no load: $(cat $SCRATCH/load)"
}

# end_load: ends the load, and prints the number of broken connections.
end_load()
{
	rm $SCRATCH/loaded
	wait $LOAD || fail "the load: $(cat $SCRATCH/load)"
	tail -n 1 $SCRATCH/load
}

# under_load COMMAND...: repeats the command under load.
under_load()
{
	begin_load 8
	round=0
	while [ $round -lt "$ROUNDS" ]; do
		"$@"
		# Time for the initiators to log in again. No result depends on it.
		sleep 0.5
		round=$((round + 1))
	done
	end_load
}

# has_broken: checks that the load has lost connections.
has_broken()
{
	! grep -q " 0 broken connections" $SCRATCH/load || fail "no connection has broken"
}
