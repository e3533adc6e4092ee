// SPDX-License-Identifier: GPL-2.0-only

//! Completions, for kernels whose crate has none: the part of `kernel::sync::Completion` that this
//! layer needs.
//!
//! C header: [`include/linux/completion.h`](srctree/include/linux/completion.h)

use kernel::{
    prelude::*,
    types::Opaque, //
};

use crate::bindings;

/// An event that happens once, and that threads wait for.
#[pin_data]
pub(in crate::target) struct Completion {
    #[pin]
    inner: Opaque<bindings::completion>,
}

// SAFETY: C's completion locks what it changes, so any thread may use it and drop it.
unsafe impl Send for Completion {}

// SAFETY: C's completion locks what it changes, so threads may share it.
unsafe impl Sync for Completion {}

/// The key by which lockdep knows the lock in a completion.
struct Key(Opaque<bindings::lock_class_key>);

// SAFETY: Only lockdep looks into it, under a lock of its own.
unsafe impl Sync for Key {}

static KEY: Key = Key(Opaque::uninit());

impl Completion {
    /// A completion that is not done.
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

    /// Ends every wait, those to come included. Called in any context.
    pub(in crate::target) fn complete_all(&self) {
        // SAFETY: `new` has initialized the completion, which is alive while it is borrowed.
        unsafe { bindings::complete_all(self.inner.get()) };
    }

    /// Waits. Called in process context.
    pub(in crate::target) fn wait_for_completion(&self) {
        // SAFETY: `new` has initialized the completion, which is alive while it is borrowed.
        unsafe { bindings::wait_for_completion(self.inner.get()) };
    }
}
