# SPDX-License-Identifier: GPL-2.0-only
#
# The target refuses an initiator with another secret.

. "$GUEST/iscsi_chap_lib.sh"

a_target_and_an_initiator
both_ways
auth password "no secret of the initiator's"
is_refused "the initiator is another"
