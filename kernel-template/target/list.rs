// SPDX-License-Identifier: GPL-2.0-only

//! An intrusive list to which any context adds without a lock, and which is taken as a whole.
//!
//! This file imports `core` and the names of the kernel's atomics alone: a model checker runs the
//! same source with its own atomics.

use core::ptr;

use crate::target::atomic::{Acquire, Atomic, Relaxed, Release};

/// An object with a link to another one.
///
/// # Safety
///
/// `link` must return the pointer that `set_link` has stored last.
pub(super) unsafe trait Linked: Sized {
    /// Returns the link.
    ///
    /// # Safety
    ///
    /// `this` must be alive, and its link in no other use.
    unsafe fn link(this: *mut Self) -> *mut Self;

    /// Sets the link.
    ///
    /// # Safety
    ///
    /// As [`Self::link`].
    unsafe fn set_link(this: *mut Self, to: *mut Self);
}

/// A list of objects that it owns.
///
/// # Invariants
///
/// The pointer is null, `CLOSED`, or the object that was added last. The link of each object points
/// to the one added before it, or is null. The list is the only user of the links.
pub(super) struct List<N>(Atomic<*mut N>);

impl<N: Linked> List<N> {
    /// Marks a closed list. No object has this address.
    const CLOSED: *mut N = 1 as *mut N;

    /// Creates an empty list of an atomic that is null.
    pub(super) const fn new(null: Atomic<*mut N>) -> Self {
        Self(null)
    }

    /// Adds an object. Returns false if the list is closed. Called in any context.
    ///
    /// # Safety
    ///
    /// `object` must be alive, and belong to the caller. If this returns true, it belongs to the
    /// list.
    pub(super) unsafe fn push(&self, object: *mut N) -> bool {
        let mut last = self.0.load(Relaxed);
        loop {
            if last == Self::CLOSED {
                return false;
            }
            // SAFETY: The object is alive and belongs to the caller, by the requirements of this
            // function, so its link is in no other use.
            unsafe { N::set_link(object, last) };
            match self.0.cmpxchg(last, object, Release) {
                Ok(_) => return true,
                Err(now) => last = now,
            }
        }
    }

    /// Takes all objects: returns the one added first, which links to the next, or null. Called in
    /// any context.
    pub(super) fn take(&self) -> *mut N {
        let mut last = self.0.load(Relaxed);
        while !last.is_null() && last != Self::CLOSED {
            match self.0.cmpxchg(last, ptr::null_mut(), Acquire) {
                // SAFETY: The list gives up its objects, and `last` is the one added last.
                Ok(_) => return unsafe { reversed(last) },
                Err(now) => last = now,
            }
        }
        ptr::null_mut()
    }

    /// Closes the list and takes its objects, as [`Self::take`] does. Called in any context.
    pub(super) fn close(&self) -> *mut N {
        let last = self.0.xchg(Self::CLOSED, Acquire);
        if last == Self::CLOSED {
            return ptr::null_mut();
        }
        // SAFETY: As for `take`.
        unsafe { reversed(last) }
    }
}

/// Reverses the links of a list: returns the object added first, or null.
///
/// # Safety
///
/// `last` must be the object added last, or null, and all objects must belong to the caller.
unsafe fn reversed<N: Linked>(mut last: *mut N) -> *mut N {
    let mut front = ptr::null_mut();
    while !last.is_null() {
        // SAFETY: `last` belongs to the caller, by the requirements of this function: it is alive,
        // and its link is in no other use.
        let before = unsafe {
            let before = N::link(last);
            N::set_link(last, front);
            before
        };
        front = last;
        last = before;
    }
    front
}
