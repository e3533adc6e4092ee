// SPDX-License-Identifier: GPL-2.0-only

//! Target ports: `target/$FABRIC/$WWN`.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::ptr::NonNull;

use kernel::{
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings,
    target::{
        object::{into_raw, zeroed},
        Operations, //
    },
};

/// A target port, `target/$FABRIC/$WWN`: a `struct se_wwn` and the driver's data for it.
///
/// # Invariants
///
/// - `inner` was zeroed before target core saw it. It is the first field of a `repr(C)` type, so a
///   pointer to one is a pointer to the other.
/// - `fabric` is the data of the fabric, which are there as long as one of its directories is.
#[pin_data]
#[repr(C)]
pub struct Wwn<T: Operations> {
    #[pin]
    pub(super) inner: Opaque<bindings::se_wwn>,
    fabric: NonNull<T::Data>,
    #[pin]
    data: T::Wwn,
}

impl<T: Operations> Wwn<T> {
    /// Makes a target port of the fabric that `fabric` belongs to, for target core to own until it
    /// calls `fabric_drop_wwn`.
    ///
    /// # Errors
    ///
    /// What `data` fails with, or [`ENOMEM`].
    pub(super) fn create(
        fabric: &T::Data,
        data: impl PinInit<T::Wwn, Error>,
    ) -> Result<*mut bindings::se_wwn> {
        let wwn = KBox::pin_init(
            try_pin_init!(Self {
                inner <- zeroed(),
                fabric: NonNull::from(fabric),
                data <- data,
            }),
            GFP_KERNEL,
        )?;
        Ok(into_raw(wwn).cast())
    }

    /// Borrows the target port that `ptr` is the C part of.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and must not be dropped while `'a` lasts.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_wwn) -> &'a Self {
        // SAFETY: By the type's invariant `ptr` points to a `Self`, which is alive by the
        // requirements of this function. Only shared references to it exist.
        unsafe { &*ptr.cast() }
    }

    /// Frees a target port.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and nobody may use it any more.
    pub(super) unsafe fn destroy(ptr: *mut bindings::se_wwn) {
        // SAFETY: By the requirements of this function `ptr` is the box that `create` gave away,
        // and this is its only owner.
        drop(unsafe { KBox::from_raw(ptr.cast::<Self>()) });
    }

    /// The driver's data.
    pub fn data(&self) -> &T::Wwn {
        &self.data
    }

    /// The fabric's data.
    pub fn fabric(&self) -> &T::Data {
        // SAFETY: The data are there as long as a directory of the fabric, by the type's
        // invariants, and the target port is one.
        unsafe { self.fabric.as_ref() }
    }
}
