# SPDX-License-Identifier: GPL-2.0-only
#
# The queue depth of a demo-mode node ACL cannot be changed: target core would free the node
# ACL with each of its sessions. That of an explicit one can, and ends the sessions.

. "$GUEST/states_lib.sh"

portal_group
log_in $A
a=$SESSION
log_in $A
tell depth $a 9 2> /dev/null && changed=yes
log_out_all
log_in $A
log_in $A
[ -z "$changed" ] || fail "the queue depth of a demo-mode node ACL is changed"
mkdir $TPG/acls/$A || fail "no node ACL"
must "queue depth" tell depth "$SESSION" 9
[ -z "$(cat $TPG/login)" ] || fail "sessions with the old queue depth"
log_in $A
log_out_all
rmdir $TPG/acls/$A || fail "cannot remove the node ACL"
