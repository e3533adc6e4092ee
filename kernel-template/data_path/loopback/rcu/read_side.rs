// SPDX-License-Identifier: GPL-2.0-only

//! RCU's read side, for kernels whose crate has none: the same names as `kernel::sync::rcu` has
//! in later ones.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

use core::marker::PhantomData;

use crate::bindings;

/// Evidence that this thread is in an RCU read-side critical section. Do not sleep in it.
pub(crate) struct Guard(PhantomData<*mut ()>);

/// Begins an RCU read-side critical section.
pub(crate) fn read_lock() -> Guard {
    // SAFETY: The call is allowed in any context. The guard ends the section, on the same thread,
    // since it is not `Send`.
    unsafe { bindings::tcm_nab5000_rcu_read_lock() };
    Guard(PhantomData)
}

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: `read_lock` has begun the section, on this thread, and this ends it once.
        unsafe { bindings::tcm_nab5000_rcu_read_unlock() };
    }
}

/// Waits until all read-side critical sections have ended that have begun by now. Sleeps.
pub(crate) fn synchronize_rcu() {
    // SAFETY: The call only waits, and uses no memory of the caller's.
    unsafe { bindings::synchronize_rcu() };
}
