# SPDX-License-Identifier: GPL-2.0-only
#
# Initiators are killed while they write. Their sessions end.

. "$GUEST/iscsi_faults_lib.sh"

a_target
round=0
while [ $round -lt "$ROUNDS" ]; do
	begin_load 8
	kill -9 $LOAD
	wait $LOAD
	everybody_goes
	round=$((round + 1))
done
