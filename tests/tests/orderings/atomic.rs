// SPDX-License-Identifier: GPL-2.0-only

//! The kernel's atomics as the model checker has them: the names that the sources import.
//!
//! `Full` is an acquire and a release here, and less than in the kernel, where it is a barrier.

use std::sync::atomic::Ordering as Order;

use loom::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr};

/// A memory ordering.
pub(crate) trait Ordering {
    const ORDER: Order;
}

macro_rules! orderings {
    ($($name:ident => $order:ident;)*) => {$(
        pub(crate) struct $name;

        impl Ordering for $name {
            const ORDER: Order = Order::$order;
        }
    )*};
}

orderings! {
    Relaxed => Relaxed;
    Acquire => Acquire;
    Release => Release;
    Full => AcqRel;
}

/// A type with atomic operations.
pub(crate) trait AtomicType: Copy {
    type Checked;

    fn new(value: Self) -> Self::Checked;
    fn load(this: &Self::Checked, order: Order) -> Self;
    fn store(this: &Self::Checked, value: Self, order: Order);
    fn swap(this: &Self::Checked, value: Self, order: Order) -> Self;
    fn exchange(this: &Self::Checked, old: Self, new: Self, order: Order) -> Result<Self, Self>;
}

macro_rules! atomic_type {
    ([$($param:ident)?] $type:ty, $checked:ty) => {
        impl$(<$param>)? AtomicType for $type {
            type Checked = $checked;

            fn new(value: Self) -> $checked {
                <$checked>::new(value)
            }

            fn load(this: &$checked, order: Order) -> Self {
                this.load(order)
            }

            fn store(this: &$checked, value: Self, order: Order) {
                this.store(value, order);
            }

            fn swap(this: &$checked, value: Self, order: Order) -> Self {
                this.swap(value, order)
            }

            // As in the kernel, a failure orders nothing.
            fn exchange(this: &$checked, old: Self, new: Self, order: Order) -> Result<Self, Self> {
                this.compare_exchange(old, new, order, Order::Relaxed)
            }
        }
    };
}

atomic_type!([] bool, AtomicBool);
atomic_type!([] i32, AtomicI32);
atomic_type!([T] *mut T, AtomicPtr<T>);

/// A value that several threads may read and change.
pub(crate) struct Atomic<T: AtomicType>(T::Checked);

impl<T: AtomicType> Atomic<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(T::new(value))
    }

    pub(crate) fn load<O: Ordering>(&self, _: O) -> T {
        T::load(&self.0, O::ORDER)
    }

    pub(crate) fn store<O: Ordering>(&self, value: T, _: O) {
        T::store(&self.0, value, O::ORDER);
    }

    pub(crate) fn xchg<O: Ordering>(&self, value: T, _: O) -> T {
        T::swap(&self.0, value, O::ORDER)
    }

    pub(crate) fn cmpxchg<O: Ordering>(&self, old: T, new: T, _: O) -> Result<T, T> {
        T::exchange(&self.0, old, new, O::ORDER)
    }
}

/// A reference count: `refcount_t`.
pub(crate) struct Refcount(Atomic<i32>);

impl Refcount {
    pub(crate) fn new(value: i32) -> Self {
        Self(Atomic::new(value))
    }

    pub(crate) fn as_atomic(&self) -> &Atomic<i32> {
        &self.0
    }

    /// Subtracts a reference, as a release, and an acquire if it was the last one.
    pub(crate) fn dec_and_test(&self) -> bool {
        let is_last = self.0.0.fetch_sub(1, Order::Release) == 1;
        if is_last {
            loom::sync::atomic::fence(Order::Acquire);
        }
        is_last
    }
}
