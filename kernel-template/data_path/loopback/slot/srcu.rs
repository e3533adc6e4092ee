// SPDX-License-Identifier: GPL-2.0-only

//! The readers of a slot for kernels whose crate has no SRCU: RCU, with the names of
//! `kernel::sync::srcu`.
//!
//! A reader that sleeps ends the protection of its value, unless the kernel has `PREEMPT_RCU`.
//! Nothing in safe code prevents that.

use core::marker::PhantomData;

use kernel::prelude::*;

use crate::rcu;

#[cfg(not(kernel_has_synchronize_rcu))]
use crate::rcu::Guard as RcuGuard;
#[cfg(kernel_has_synchronize_rcu)]
use kernel::sync::rcu::Guard as RcuGuard;

macro_rules! new_srcu {
    ($name:literal) => {
        Srcu::new()
    };
}
pub(super) use new_srcu;

/// The readers of a slot.
#[pin_data]
pub(super) struct Srcu {}

impl Srcu {
    /// Creates the state, of which RCU needs none.
    pub(super) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {})
    }

    /// Begins a read-side critical section.
    pub(super) fn read_lock(&self) -> Guard<'_> {
        Guard {
            _section: rcu::read_lock(),
            _readers: PhantomData,
        }
    }

    /// Waits until all readers have ended that have begun. Sleeps.
    pub(super) fn synchronize(&self) {
        rcu::synchronize_rcu();
    }
}

/// A read-side critical section.
pub(super) struct Guard<'a> {
    _section: RcuGuard,
    _readers: PhantomData<&'a Srcu>,
}
