# SPDX-License-Identifier: GPL-2.0-only
#
# The target refuses an initiator without a secret.

. "$GUEST/iscsi_chap_lib.sh"

a_target_and_an_initiator
is_refused "without a secret"
