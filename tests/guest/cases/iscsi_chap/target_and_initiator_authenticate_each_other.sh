# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's initiator and the target authenticate each other, by each digest.

. "$GUEST/iscsi_chap_lib.sh"

a_target_and_an_initiator
both_ways
is_in
