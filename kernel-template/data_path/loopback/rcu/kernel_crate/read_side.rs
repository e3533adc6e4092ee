// SPDX-License-Identifier: GPL-2.0-only

//! RCU's read side: the kernel crate's.

pub(crate) use kernel::sync::rcu::{read_lock, synchronize_rcu, Guard};
