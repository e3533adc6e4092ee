# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's initiator is refused as long as it has no secret.

. "$GUEST/iscsi_chap_lib.sh"

a_target_and_an_initiator
is_refused "without a secret"
