# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's initiator refuses a target with another secret.

. "$GUEST/iscsi_chap_lib.sh"

a_target_and_an_initiator
both_ways
mutual "$TPG/auth" $TARGET_USER "no secret of the target's"
is_refused "the target is another"
