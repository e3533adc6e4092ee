// SPDX-License-Identifier: GPL-2.0-only

//! Reference counts for kernels whose crate has none: a subset of `kernel::sync::Refcount`. It does
//! not saturate.
//!
//! C header: [`include/linux/refcount.h`](srctree/include/linux/refcount.h)

use super::atomic::{Atomic, Relaxed, Release};

/// A reference count, with the layout of `refcount_t`.
#[repr(transparent)]
pub(in crate::target) struct Refcount(Atomic<i32>);

impl Refcount {
    /// Creates a count of this value.
    pub(in crate::target) const fn new(value: i32) -> Self {
        Self(Atomic::new(value))
    }

    /// Returns the count.
    pub(in crate::target) fn as_atomic(&self) -> &Atomic<i32> {
        &self.0
    }

    /// Adds a reference. The caller must have one, or know of one.
    pub(in crate::target) fn inc(&self) {
        self.0.add(1, Relaxed);
    }

    /// Subtracts a reference, which must not be the last one.
    pub(in crate::target) fn dec(&self) {
        self.0.fetch_sub(1, Release);
    }
}
