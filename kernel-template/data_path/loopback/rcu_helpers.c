// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wrappers of inline functions of RCU, for Rust.
 */
#include "rcu_helpers.h"

void tcm_nab5000_rcu_read_lock(void)
{
	rcu_read_lock();
}

void tcm_nab5000_rcu_read_unlock(void)
{
	rcu_read_unlock();
}
