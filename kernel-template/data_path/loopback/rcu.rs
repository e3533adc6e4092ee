// SPDX-License-Identifier: GPL-2.0-only

//! A slot that is read under RCU. Readers never wait; a value that is replaced lives until its
//! readers have ended.
//!
//! For values that every command reads and that only an administrator changes.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

use core::{
    marker::PhantomData,
    ptr, //
};

use kernel::prelude::*;

use crate::target::atomic::{Acquire, Atomic, Full};

#[cfg(not(kernel_has_synchronize_rcu))]
mod read_side;

#[cfg(kernel_has_synchronize_rcu)]
pub(crate) use kernel::sync::rcu::{read_lock, synchronize_rcu, Guard};
#[cfg(not(kernel_has_synchronize_rcu))]
pub(crate) use read_side::{read_lock, synchronize_rcu, Guard};

/// A slot with an optional value.
///
/// # Invariants
///
/// The pointer is null, or the pointer of a box that the slot owns.
pub(crate) struct Slot<T>(Atomic<*mut T>, PhantomData<KBox<T>>);

impl<T: Send + Sync> Slot<T> {
    /// Creates an empty slot.
    pub(crate) fn empty() -> Self {
        Self(Atomic::new(ptr::null_mut()), PhantomData)
    }

    /// Returns the value, for the lifetime of `guard`.
    pub(crate) fn read<'a>(&'a self, _guard: &'a Guard) -> Option<&'a T> {
        // SAFETY: The pointer is null or that of a box, by the type's invariants. `replace` waits
        // for a grace period, and so for the guard, before it returns the box. This relies on the
        // holder of the guard not to sleep.
        unsafe { self.0.load(Acquire).as_ref() }
    }

    /// Replaces the value. Returns the previous one after its readers have ended. Called in process
    /// context; sleeps.
    pub(crate) fn replace(&self, value: Option<KBox<T>>) -> Option<KBox<T>> {
        let new = value.map_or(ptr::null_mut(), KBox::into_raw);
        let old = self.0.xchg(new, Full);
        if old.is_null() {
            return None;
        }
        synchronize_rcu();
        // SAFETY: The slot owned the box, by the type's invariants. The pointer is no longer in the
        // slot, and its readers have ended.
        Some(unsafe { KBox::from_raw(old) })
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        let old = *self.0.get_mut();
        if !old.is_null() {
            // SAFETY: The slot owns the box, by the type's invariants. There are no readers, since
            // they would borrow the slot.
            drop(unsafe { KBox::from_raw(old) });
        }
    }
}
