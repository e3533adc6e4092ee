// SPDX-License-Identifier: GPL-2.0-only

//! Reference counts for kernels whose crate has none: a subset of `kernel::sync::Refcount`. Like
//! that, a count that overflows stays where nothing is freed.
//!
//! C header: [`include/linux/refcount.h`](srctree/include/linux/refcount.h)

use super::atomic::{Atomic, Full, Relaxed, Release};

/// The value of a count that has overflowed, far from 0 and from an overflow.
const SATURATED: i32 = i32::MIN / 2;

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
        let before = self.0.fetch_add(1, Relaxed);
        if before <= 0 || before == i32::MAX {
            self.0.store(SATURATED, Relaxed);
        }
    }

    /// Subtracts a reference, which must not be the last one.
    pub(in crate::target) fn dec(&self) {
        if self.0.fetch_sub(1, Release) <= 0 {
            self.0.store(SATURATED, Relaxed);
        }
    }

    /// Subtracts a reference. Returns true if it was the last one.
    pub(in crate::target) fn dec_and_test(&self) -> bool {
        let before = self.0.fetch_sub(1, Full);
        if before <= 0 {
            self.0.store(SATURATED, Relaxed);
        }
        before == 1
    }
}
