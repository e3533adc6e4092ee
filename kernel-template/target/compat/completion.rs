// SPDX-License-Identifier: GPL-2.0-only

//! Completions for kernels whose crate has none: a subset of `kernel::sync::Completion`.
//!
//! C header: [`include/linux/completion.h`](srctree/include/linux/completion.h)

use kernel::{
    prelude::*,
    types::Opaque, //
};

use crate::bindings;

/// A one-time event that threads wait for.
#[pin_data]
pub(in crate::target) struct Completion {
    #[pin]
    inner: Opaque<bindings::completion>,
}

// SAFETY: `struct completion` has a lock of its own, so any thread may use and drop it.
unsafe impl Send for Completion {}

// SAFETY: `struct completion` has a lock of its own, so threads may share it.
unsafe impl Sync for Completion {}

/// Lock class key of the lock in a completion.
struct Key(Opaque<bindings::lock_class_key>);

// SAFETY: Only lockdep accesses the key, under a lock of its own.
unsafe impl Sync for Key {}

static KEY: Key = Key(Opaque::uninit());

impl Completion {
    /// Creates a completion that is not done.
    pub(in crate::target) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: `ffi_init` passes a slot that is valid for writes. The name and the key are
            // static.
            inner <- Opaque::ffi_init(|slot: *mut bindings::completion| unsafe {
                (*slot).done = 0;
                bindings::__init_swait_queue_head(
                    &raw mut (*slot).wait,
                    kernel::c_str!("completion").as_char_ptr(),
                    KEY.0.get(),
                );
            }),
        })
    }

    /// Wakes all waiters, future ones included. Called in any context.
    pub(in crate::target) fn complete_all(&self) {
        // SAFETY: `new` has initialized the completion, which is alive while it is borrowed.
        unsafe { bindings::complete_all(self.inner.get()) };
    }

    /// Waits until the completion is done. Called in process context; sleeps.
    pub(in crate::target) fn wait_for_completion(&self) {
        // SAFETY: `new` has initialized the completion, which is alive while it is borrowed.
        unsafe { bindings::wait_for_completion(self.inner.get()) };
    }
}
