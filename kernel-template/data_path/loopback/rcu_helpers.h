/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wrappers of inline functions of RCU, which bindgen cannot bind.
 */
#include <linux/rcupdate.h>

void tcm_nab5000_rcu_read_lock(void);
void tcm_nab5000_rcu_read_unlock(void);
