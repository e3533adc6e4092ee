// SPDX-License-Identifier: GPL-2.0-only

//! A slot for a value that every command reads and that only an administrator changes. Readers
//! never wait; a value that is replaced lives until its readers have ended.
//!
//! Readers are counted by SRCU, so a reader may sleep. With a kernel crate that has no SRCU, they
//! are read-side critical sections of RCU instead: a reader must not sleep there.
//!
//! C header: [`include/linux/srcu.h`](srctree/include/linux/srcu.h)

use core::{
    marker::PhantomData,
    ops::Deref,
    ptr, //
};

use kernel::prelude::*;

use crate::target::atomic::Atomic;

mod pointer;

#[cfg(not(kernel_has_srcu))]
mod srcu;

#[cfg(kernel_has_srcu)]
use kernel::sync::srcu::{new_srcu, Guard, Srcu};
#[cfg(not(kernel_has_srcu))]
use srcu::{new_srcu, Guard, Srcu};

use pointer::{Pointer, Readers};

impl Readers for Srcu {
    type Guard<'a> = Guard<'a>;

    fn read_lock(&self) -> Guard<'_> {
        Self::read_lock(self)
    }

    fn synchronize(&self) {
        Self::synchronize(self);
    }
}

/// A slot with an optional value.
///
/// # Invariants
///
/// The pointer is null, or the pointer of a box that the slot owns.
#[pin_data(PinnedDrop)]
pub(crate) struct Slot<T> {
    pointer: Pointer<T>,
    #[pin]
    readers: Srcu,
    owned: PhantomData<KBox<T>>,
}

impl<T: Send + Sync> Slot<T> {
    /// Creates an empty slot.
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            pointer: Pointer::new(Atomic::new(ptr::null_mut())),
            readers <- new_srcu!("slot"),
            owned: PhantomData,
        })
    }

    /// Returns the value. [`Self::replace`] waits until it is dropped. Called in any context.
    pub(crate) fn read(&self) -> Option<Value<'_, T>> {
        let (pointer, guard) = self.pointer.read(&self.readers);
        // SAFETY: The pointer is null or that of a box, by the type's invariants. `replace` waits
        // for the guard before it returns the box.
        let value = unsafe { pointer.as_ref()? };
        Some(Value {
            value,
            _guard: guard,
        })
    }

    /// Replaces the value. Returns the previous one after its readers have ended. Called in process
    /// context; sleeps. It hangs in a thread that has the value from [`Self::read`].
    pub(crate) fn replace(&self, value: Option<KBox<T>>) -> Option<KBox<T>> {
        let new = value.map_or(ptr::null_mut(), KBox::into_raw);
        let old = self.pointer.replace(new, &self.readers);
        if old.is_null() {
            return None;
        }
        // SAFETY: The slot owned the box, by the type's invariants. The pointer is no longer in the
        // slot, and its readers have ended.
        Some(unsafe { KBox::from_raw(old) })
    }
}

#[pinned_drop]
impl<T> PinnedDrop for Slot<T> {
    fn drop(self: Pin<&mut Self>) {
        let old = self.pointer.get();
        if !old.is_null() {
            // SAFETY: The slot owns the box, by the type's invariants. There are no readers, since
            // they would borrow the slot.
            drop(unsafe { KBox::from_raw(old) });
        }
    }
}

/// The value of a slot, for a reader.
pub(crate) struct Value<'a, T> {
    value: &'a T,
    _guard: Guard<'a>,
}

impl<T> Deref for Value<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
    }
}
