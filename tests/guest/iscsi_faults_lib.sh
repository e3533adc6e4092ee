# SPDX-License-Identifier: GPL-2.0-only
#
# An iSCSI target under load for cases: the load is that of CLIENT, the harness's
# iscsi-client. After whatever happens, data that were acknowledged are there. To be
# sourced. ROUNDS is a number of rounds.

. "$GUEST/iscsi_case_lib.sh"

# begin_load INITIATORS: starts a load, which lasts until end_load. Each initiator has
# written once when this returns. The load is nice: it would starve this script.
begin_load()
{
	touch $SCRATCH/loaded
	nice -n 19 "$CLIENT" load $V4 $WWN "$1" $SCRATCH/loaded > $SCRATCH/load 2>&1 &
	LOAD=$!
	retry 120 grep -q begun $SCRATCH/load || fail "no load: $(cat $SCRATCH/load)"
}

# end_load: prints how many connections have broken.
end_load()
{
	rm $SCRATCH/loaded
	wait $LOAD || fail "the load: $(cat $SCRATCH/load)"
	tail -n 1 $SCRATCH/load
}

# under_load COMMAND...: the command, again and again under load.
under_load()
{
	begin_load 8
	round=0
	while [ $round -lt "$ROUNDS" ]; do
		"$@"
		# The initiators log in again meanwhile. No result depends on this.
		sleep 0.5
		round=$((round + 1))
	done
	end_load
}

# has_broken: the load that has ended has lost connections.
has_broken()
{
	! grep -q " 0 broken connections" $SCRATCH/load || fail "no connection has broken"
}
