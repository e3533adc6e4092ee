// SPDX-License-Identifier: GPL-2.0-only

//! The read side of RCU for kernels whose crate lacks it, with the names of `kernel::sync::rcu`.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

use core::marker::PhantomData;

use crate::bindings;

/// Evidence that this thread is in an RCU read-side critical section. Do not sleep in it.
pub(crate) struct Guard(PhantomData<*mut ()>);

/// Begins an RCU read-side critical section.
pub(crate) fn read_lock() -> Guard {
    // SAFETY: The call is allowed in any context. The guard is not `Send`, so it ends the section
    // on the same thread.
    unsafe { bindings::tcm_nab5000_rcu_read_lock() };
    Guard(PhantomData)
}

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: `read_lock` has begun the section on this thread. It is ended here once.
        unsafe { bindings::tcm_nab5000_rcu_read_unlock() };
    }
}

/// Waits for all current read-side critical sections to end. Sleeps.
pub(crate) fn synchronize_rcu() {
    // SAFETY: The call only waits, and accesses no memory of the caller.
    unsafe { bindings::synchronize_rcu() };
}
