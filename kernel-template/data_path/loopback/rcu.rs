// SPDX-License-Identifier: GPL-2.0-only

//! A slot that is read under RCU: readers never wait, and a value that is taken out lives until
//! they have ended.
//!
//! For a value that every command reads and only an administrator changes.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

use core::{
    marker::PhantomData,
    ptr,
    sync::atomic::{AtomicPtr, Ordering}, //
};

use kernel::prelude::*;

#[cfg(not(kernel_has_synchronize_rcu))]
mod read_side;

#[cfg(kernel_has_synchronize_rcu)]
pub(crate) use kernel::sync::rcu::{read_lock, synchronize_rcu, Guard};
#[cfg(not(kernel_has_synchronize_rcu))]
pub(crate) use read_side::{read_lock, synchronize_rcu, Guard};

/// A slot for a value or none.
///
/// # Invariants
///
/// The pointer is null or that of a box, which belongs to the slot.
pub(crate) struct Slot<T>(AtomicPtr<T>, PhantomData<KBox<T>>);

impl<T: Send + Sync> Slot<T> {
    /// A slot without a value.
    pub(crate) fn empty() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()), PhantomData)
    }

    /// The value, for as long as `guard` lasts.
    pub(crate) fn read<'a>(&'a self, _guard: &'a Guard) -> Option<&'a T> {
        // SAFETY: The pointer is null or that of a box, by the type's invariants. `replace` waits
        // for a grace period before it hands out the box, and so for the guard to be dropped: its
        // holder does not sleep.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    /// Puts `value` into the slot. Returns the previous value once no reader has it. Sleeps.
    pub(crate) fn replace(&self, value: Option<KBox<T>>) -> Option<KBox<T>> {
        let new = value.map_or(ptr::null_mut(), KBox::into_raw);
        let old = self.0.swap(new, Ordering::AcqRel);
        if old.is_null() {
            return None;
        }
        synchronize_rcu();
        // SAFETY: The pointer was a box of the slot's, by the type's invariants. It is no longer in
        // the slot, and readers that had found it there have ended.
        Some(unsafe { KBox::from_raw(old) })
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        let old = *self.0.get_mut();
        if !old.is_null() {
            // SAFETY: The pointer is a box of the slot's, by the type's invariants. There are no
            // readers: they would borrow the slot.
            drop(unsafe { KBox::from_raw(old) });
        }
    }
}
