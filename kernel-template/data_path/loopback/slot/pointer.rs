// SPDX-License-Identifier: GPL-2.0-only

//! A pointer with readers that never wait, and an owner that waits for them.
//!
//! This file imports the names of the kernel's atomics alone: a model checker runs the same source
//! with its own atomics.

use crate::target::atomic::{Acquire, Atomic, Full};

/// The readers of a pointer, as SRCU counts them.
pub(super) trait Readers {
    /// A read-side critical section.
    type Guard<'a>
    where
        Self: 'a;

    /// Begins a read-side critical section. Called in any context.
    fn read_lock(&self) -> Self::Guard<'_>;

    /// Waits until all readers have ended that have begun. Sleeps.
    fn synchronize(&self);
}

/// A pointer, or null.
pub(super) struct Pointer<T>(Atomic<*mut T>);

impl<T> Pointer<T> {
    /// Wraps an atomic that is null.
    pub(super) const fn new(null: Atomic<*mut T>) -> Self {
        Self(null)
    }

    /// Returns the pointer, which [`Self::replace`] does not give back before the guard is dropped.
    /// Called in any context.
    pub(super) fn read<'a, R: Readers>(&self, readers: &'a R) -> (*const T, R::Guard<'a>) {
        let guard = readers.read_lock();
        (self.0.load(Acquire), guard)
    }

    /// Replaces the pointer. Returns the previous one after its readers have ended. Called in
    /// process context; sleeps.
    pub(super) fn replace<R: Readers>(&self, new: *mut T, readers: &R) -> *mut T {
        let old = self.0.xchg(new, Full);
        if !old.is_null() {
            readers.synchronize();
        }
        old
    }

    /// Returns the pointer, for the owner when there are no readers.
    pub(super) fn get(&self) -> *mut T {
        self.0.load(Acquire)
    }
}
