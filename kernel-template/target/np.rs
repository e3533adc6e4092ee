// SPDX-License-Identifier: GPL-2.0-only

//! Network portals of a portal group, `…/tpgt_$TAG/np/$PORTAL`.
//!
//! C header: [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use kernel::{
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings,
    target::{
        compat::init_zeroed,
        object::into_raw,
        tpg::directories,
        Operations, //
    },
};

/// A network portal, `…/tpgt_$TAG/np/$PORTAL`: a `struct se_tpg_np` and the driver's data.
///
/// # Invariants
///
/// `inner` is the first field of a `repr(C)` type, so a pointer to one is a pointer to the other.
#[pin_data]
#[repr(C)]
pub struct Np<T: Operations> {
    #[pin]
    inner: Opaque<bindings::se_tpg_np>,
    #[pin]
    data: T::Np,
}

impl<T: Operations> Np<T> {
    /// Creates a network portal. Target core owns it until it calls `fabric_drop_np`.
    ///
    /// # Errors
    ///
    /// Returns the error of `data`, or [`ENOMEM`].
    pub(super) fn create(data: impl PinInit<T::Np, Error>) -> Result<*mut bindings::se_tpg_np> {
        let np = KBox::pin_init(
            try_pin_init!(Self {
                inner <- init_zeroed(),
                data <- data,
            }),
            GFP_KERNEL,
        )?;
        Ok(into_raw(np).cast())
    }

    /// Borrows the network portal whose C part is `ptr`.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and must not be destroyed during `'a`.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_tpg_np) -> &'a Self {
        // SAFETY: `ptr` points to a `Self`, by the type's invariants, which is alive, by the
        // requirements of this function. Only shared references to it exist.
        unsafe { &*ptr.cast() }
    }

    /// Frees a network portal.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and must not be used afterwards.
    pub(super) unsafe fn destroy(ptr: *mut bindings::se_tpg_np) {
        // SAFETY: `ptr` is the pointer of the box that `create` made, and is not used afterwards,
        // by the requirements of this function.
        drop(unsafe { KBox::from_raw(ptr.cast::<Self>()) });
    }

    /// Returns the driver's data.
    pub fn data(&self) -> &T::Np {
        &self.data
    }
}

directories! {
    /// `tpgt_$TAG/np/$PORTAL`.
    TpgNpBaseAttrs => Np, se_tpg_np.tpg_np_group;
}
