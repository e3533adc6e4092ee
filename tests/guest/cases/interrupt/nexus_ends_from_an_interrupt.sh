# SPDX-License-Identifier: GPL-2.0-only
#
# A nexus that is ended in an interrupt waits for its commands elsewhere. Its handles find no
# session any more. The portal group and the module wait for it.

. "$GUEST/interrupt_lib.sh"

# no_session: submits a command, which finds no session.
no_session()
{
	tell submit ready 1
	! grep -qx "no_session 0" $TPG/state
}

portal_group
nexus 4
tell submit read 2
want executed 2
tell nexus end
retry 20 no_session || fail "the handle finds an ending session"
want sessions_dropped 0
refused rmmod tcm_interrupt
tell release all
want sessions_dropped 1
want slots_dropped 4
nexus 4
mkdir $TPG/acls/$A || fail "no node ACL"
tell nexus end
want sessions_dropped 2
nexus 4
tell submit write 1
want waiting 1
rmdir $TPG/acls/$A &
retry 20 no_session || fail "the session is not closed"
tell finish execute
# The directory cannot be looked up while its rmdir waits.
until grep -qx "sessions_dropped 3" $TPG/state; do
	tell release all
	sleep 0.1
done
wait $! || fail "rmdir of the node ACL"
want sessions_dropped 3
