// SPDX-License-Identifier: GPL-2.0-only

//! Atomics for kernels whose crate has none: a subset of `kernel::sync::atomic`, made of those of
//! `core`.

use core::{
    cell::UnsafeCell,
    sync::atomic::{self as core_atomic, Ordering as CoreOrdering}, //
};

/// A memory ordering.
pub trait Ordering {
    /// Name of the ordering in `core`.
    const CORE: CoreOrdering;

    /// Orders the operation and later accesses, beyond what `CORE` does.
    fn barrier() {}
}

/// An ordering of loads.
pub trait AcquireOrRelaxed: Ordering {}

/// An ordering of stores.
pub trait ReleaseOrRelaxed: Ordering {}

macro_rules! orderings {
    ($($(#[$attr:meta])* $name:ident => $core:ident $({ $barrier:item })?;)*) => {$(
        $(#[$attr])*
        pub struct $name;

        impl Ordering for $name {
            const CORE: CoreOrdering = CoreOrdering::$core;

            $($barrier)?
        }
    )*};
}

orderings! {
    /// No ordering.
    Relaxed => Relaxed;
    /// Later accesses stay behind the load.
    Acquire => Acquire;
    /// Earlier accesses stay before the store.
    Release => Release;
    /// All accesses stay on their side.
    Full => SeqCst {
        // `SeqCst` of `core` orders atomics among themselves only.
        fn barrier() {
            core_atomic::fence(CoreOrdering::SeqCst);
        }
    };
}

impl AcquireOrRelaxed for Relaxed {}
impl AcquireOrRelaxed for Acquire {}
impl ReleaseOrRelaxed for Relaxed {}
impl ReleaseOrRelaxed for Release {}

/// A type with basic atomic operations.
///
/// # Safety
///
/// The operations must be atomic. Any thread must be allowed to have a value of the type.
pub unsafe trait AtomicType: Copy {
    /// Loads a value.
    ///
    /// # Safety
    ///
    /// `ptr` must be valid for reads and writes and aligned, and concurrent accesses must be
    /// atomic.
    unsafe fn load(ptr: *mut Self, order: CoreOrdering) -> Self;

    /// Stores a value.
    ///
    /// # Safety
    ///
    /// As [`Self::load`].
    unsafe fn store(ptr: *mut Self, value: Self, order: CoreOrdering);

    /// Stores a value and returns the previous one.
    ///
    /// # Safety
    ///
    /// As [`Self::load`].
    unsafe fn xchg(ptr: *mut Self, value: Self, order: CoreOrdering) -> Self;

    /// Stores `new` if the value is `old`. Returns the previous value.
    ///
    /// # Safety
    ///
    /// As [`Self::load`].
    unsafe fn cmpxchg(
        ptr: *mut Self,
        old: Self,
        new: Self,
        order: CoreOrdering,
    ) -> Result<Self, Self>;
}

/// A type with atomic addition, which wraps around.
///
/// # Safety
///
/// The operations must be atomic.
pub unsafe trait AtomicAdd: AtomicType {
    /// Adds to the value and returns the previous one.
    ///
    /// # Safety
    ///
    /// As [`AtomicType::load`].
    unsafe fn fetch_add(ptr: *mut Self, value: Self, order: CoreOrdering) -> Self;

    /// Subtracts from the value and returns the previous one.
    ///
    /// # Safety
    ///
    /// As [`AtomicType::load`].
    unsafe fn fetch_sub(ptr: *mut Self, value: Self, order: CoreOrdering) -> Self;
}

macro_rules! atomic_type {
    ([$($param:ident)?] $type:ty, $core:ty) => {
        // SAFETY: The operations are those of `core`. Numbers and pointers may be anywhere.
        unsafe impl$(<$param>)? AtomicType for $type {
            unsafe fn load(ptr: *mut Self, order: CoreOrdering) -> Self {
                // SAFETY: As required of the caller.
                unsafe { <$core>::from_ptr(ptr) }.load(order)
            }

            unsafe fn store(ptr: *mut Self, value: Self, order: CoreOrdering) {
                // SAFETY: As required of the caller.
                unsafe { <$core>::from_ptr(ptr) }.store(value, order);
            }

            unsafe fn xchg(ptr: *mut Self, value: Self, order: CoreOrdering) -> Self {
                // SAFETY: As required of the caller.
                unsafe { <$core>::from_ptr(ptr) }.swap(value, order)
            }

            unsafe fn cmpxchg(
                ptr: *mut Self,
                old: Self,
                new: Self,
                order: CoreOrdering,
            ) -> Result<Self, Self> {
                // SAFETY: As required of the caller.
                unsafe { <$core>::from_ptr(ptr) }
                    .compare_exchange(old, new, order, CoreOrdering::Relaxed)
            }
        }
    };
}

atomic_type!([] bool, core_atomic::AtomicBool);
atomic_type!([T] *mut T, core_atomic::AtomicPtr<T>);

macro_rules! atomic_number {
    ($($type:ty => $core:ident;)*) => {$(
        atomic_type!([] $type, core_atomic::$core);

        // SAFETY: The operations are those of `core`.
        unsafe impl AtomicAdd for $type {
            unsafe fn fetch_add(ptr: *mut Self, value: Self, order: CoreOrdering) -> Self {
                // SAFETY: As required of the caller.
                unsafe { core_atomic::$core::from_ptr(ptr) }.fetch_add(value, order)
            }

            unsafe fn fetch_sub(ptr: *mut Self, value: Self, order: CoreOrdering) -> Self {
                // SAFETY: As required of the caller.
                unsafe { core_atomic::$core::from_ptr(ptr) }.fetch_sub(value, order)
            }
        }
    )*};
}

atomic_number! {
    i32 => AtomicI32;
    u32 => AtomicU32;
    usize => AtomicUsize;
}

/// A value that several threads may read and change.
#[repr(transparent)]
pub struct Atomic<T: AtomicType>(UnsafeCell<T>);

// SAFETY: Any thread may have a value of the type, by the contract of `AtomicType`.
unsafe impl<T: AtomicType> Send for Atomic<T> {}

// SAFETY: All accesses through shared references are atomic.
unsafe impl<T: AtomicType> Sync for Atomic<T> {}

impl<T: AtomicType> Atomic<T> {
    /// Creates an atomic with this value.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Borrows the value at `ptr`.
    ///
    /// # Safety
    ///
    /// `ptr` must be aligned, and valid for reads and writes during `'a`. Other accesses during
    /// `'a` must be atomic.
    pub unsafe fn from_ptr<'a>(ptr: *mut T) -> &'a Self {
        // SAFETY: `ptr` is valid during `'a`, by the requirements of this function. The type is
        // transparent.
        unsafe { &*ptr.cast() }
    }

    /// Returns the address of the value.
    pub const fn as_ptr(&self) -> *mut T {
        self.0.get()
    }

    /// Borrows the value exclusively.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }

    /// Loads the value.
    pub fn load<O: AcquireOrRelaxed>(&self, _: O) -> T {
        // SAFETY: The value is alive while it is borrowed, and is accessed atomically.
        unsafe { T::load(self.as_ptr(), O::CORE) }
    }

    /// Stores a value.
    pub fn store<O: ReleaseOrRelaxed>(&self, value: T, _: O) {
        // SAFETY: The value is alive while it is borrowed, and is accessed atomically.
        unsafe { T::store(self.as_ptr(), value, O::CORE) };
    }

    /// Stores a value and returns the previous one.
    pub fn xchg<O: Ordering>(&self, value: T, _: O) -> T {
        // SAFETY: The value is alive while it is borrowed, and is accessed atomically.
        let previous = unsafe { T::xchg(self.as_ptr(), value, O::CORE) };
        O::barrier();
        previous
    }

    /// Stores `new` if the value is `old`. Returns the previous value.
    ///
    /// # Errors
    ///
    /// Returns the value if it is not `old`.
    pub fn cmpxchg<O: Ordering>(&self, old: T, new: T, _: O) -> Result<T, T> {
        // SAFETY: The value is alive while it is borrowed, and is accessed atomically.
        let previous = unsafe { T::cmpxchg(self.as_ptr(), old, new, O::CORE) };
        O::barrier();
        previous
    }
}

impl<T: AtomicAdd> Atomic<T> {
    /// Adds to the value.
    pub fn add(&self, value: T, order: Relaxed) {
        self.fetch_add(value, order);
    }

    /// Adds to the value and returns the previous one.
    pub fn fetch_add<O: Ordering>(&self, value: T, _: O) -> T {
        // SAFETY: The value is alive while it is borrowed, and is accessed atomically.
        let previous = unsafe { T::fetch_add(self.as_ptr(), value, O::CORE) };
        O::barrier();
        previous
    }

    /// Subtracts from the value and returns the previous one.
    pub fn fetch_sub<O: Ordering>(&self, value: T, _: O) -> T {
        // SAFETY: The value is alive while it is borrowed, and is accessed atomically.
        let previous = unsafe { T::fetch_sub(self.as_ptr(), value, O::CORE) };
        O::barrier();
        previous
    }
}

/// Loads the value at `ptr`.
///
/// # Safety
///
/// As [`Atomic::from_ptr`].
pub unsafe fn atomic_load<T: AtomicType, O: AcquireOrRelaxed>(ptr: *mut T, order: O) -> T {
    // SAFETY: As required of the caller.
    unsafe { Atomic::from_ptr(ptr) }.load(order)
}
