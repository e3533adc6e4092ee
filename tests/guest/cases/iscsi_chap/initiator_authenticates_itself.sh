# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's initiator authenticates itself, by each digest.

. "$GUEST/iscsi_chap_lib.sh"

a_target_and_an_initiator
one_way
is_in
