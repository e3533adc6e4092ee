// SPDX-License-Identifier: GPL-2.0-only

//! A lock for values that interrupts use.
//!
//! C header: [`include/linux/spinlock.h`](srctree/include/linux/spinlock.h)

use core::cell::UnsafeCell;

use kernel::{
    ffi::c_ulong,
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings,
    bindings::{
        tcm_nab5000_lock as lock_irqsave,
        tcm_nab5000_lock_init as lock_init,
        tcm_nab5000_unlock as unlock_irqrestore, //
    },
};

/// A value behind a spinlock that is held with interrupts off.
#[pin_data]
pub(crate) struct IrqLock<T> {
    #[pin]
    lock: Opaque<bindings::spinlock_t>,
    value: UnsafeCell<T>,
}

// SAFETY: The lock may be used by any thread, and the value is sent with it.
unsafe impl<T: Send> Send for IrqLock<T> {}

// SAFETY: The lock makes accesses to the value exclusive.
unsafe impl<T: Send> Sync for IrqLock<T> {}

/// Releases the lock when it is dropped.
struct Held<'a, T> {
    lock: &'a IrqLock<T>,
    flags: c_ulong,
}

impl<T> IrqLock<T> {
    /// Creates a lock.
    pub(crate) fn new(value: T) -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: The memory is that of the lock, which does not move.
            lock <- Opaque::ffi_init(|lock| unsafe { lock_init(lock) }),
            value: UnsafeCell::new(value),
        })
    }

    /// Calls `call` with the value. It must not sleep, lock the same value, or call a method that
    /// may complete a request. Called in any context.
    pub(crate) fn with<R>(&self, call: impl FnOnce(&mut T) -> R) -> R {
        let held = Held {
            lock: self,
            // SAFETY: The lock is initialized and pinned.
            flags: unsafe { lock_irqsave(self.lock.get()) },
        };
        // SAFETY: The lock is held until `held` is dropped, so this is the only reference.
        let result = call(unsafe { &mut *held.lock.value.get() });
        drop(held);
        result
    }
}

impl<T> Drop for Held<'_, T> {
    fn drop(&mut self) {
        // SAFETY: `with` has taken the lock, with these flags.
        unsafe { unlock_irqrestore(self.lock.lock.get(), self.flags) };
    }
}
