// SPDX-License-Identifier: GPL-2.0-only

//! RCU: the kernel crate's, or the same functions where it lacks some.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

#[cfg(not(kernel_has_synchronize_rcu))]
mod read_side;

#[cfg(kernel_has_synchronize_rcu)]
pub(crate) use kernel::sync::rcu::{read_lock, synchronize_rcu};
#[cfg(not(kernel_has_synchronize_rcu))]
pub(crate) use read_side::{read_lock, synchronize_rcu, Guard};
