/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inline functions of RCU under names of this module's own, for bindgen.
 */
#include <linux/rcupdate.h>

void tcm_nab5000_rcu_read_lock(void);
void tcm_nab5000_rcu_read_unlock(void);
