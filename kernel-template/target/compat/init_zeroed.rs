// SPDX-License-Identifier: GPL-2.0-only

//! Zeroed C objects for kernels without `pin_init::init_zeroed`: the same for an [`Opaque`].

use kernel::{
    prelude::*,
    types::Opaque, //
};

/// Initializes a C object with zeros, in place.
pub(in crate::target) fn init_zeroed<T>() -> impl PinInit<Opaque<T>> {
    // SAFETY: `ffi_init` passes a slot that is valid for writes. Any bytes are valid in an
    // `Opaque`.
    Opaque::ffi_init(|slot: *mut T| unsafe { slot.write_bytes(0, 1) })
}
