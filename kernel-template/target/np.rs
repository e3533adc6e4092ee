// SPDX-License-Identifier: GPL-2.0-only

//! Network portals of a portal group: `…/tpgt_$TAG/np/$PORTAL`.
//!
//! C header: [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use kernel::{
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings,
    target::{
        object::{into_raw, zeroed},
        tpg::directories,
        Operations, //
    },
};

/// A network portal, `…/tpgt_$TAG/np/$PORTAL`: a `struct se_tpg_np` and the driver's data for it.
///
/// # Invariants
///
/// `inner` is the first field of a `repr(C)` type, so a pointer to one is a pointer to the other.
#[pin_data]
#[repr(C)]
pub struct Np<T: Operations> {
    #[pin]
    inner: Opaque<bindings::se_tpg_np>,
    data: T::Np,
}

impl<T: Operations> Np<T> {
    /// Makes a network portal for target core to own until it calls `fabric_drop_np`.
    ///
    /// # Errors
    ///
    /// [`ENOMEM`].
    pub(super) fn create(data: T::Np) -> Result<*mut bindings::se_tpg_np> {
        let np = KBox::pin_init(
            try_pin_init!(Self {
                inner <- zeroed(),
                data,
            }),
            GFP_KERNEL,
        )?;
        Ok(into_raw(np).cast())
    }

    /// Borrows the network portal that `ptr` is the C part of.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and must not be dropped while `'a` lasts.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_tpg_np) -> &'a Self {
        // SAFETY: By the type's invariant `ptr` points to a `Self`, which is alive by the
        // requirements of this function. Only shared references to it exist.
        unsafe { &*ptr.cast() }
    }

    /// Frees a network portal.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and nobody may use it any more.
    pub(super) unsafe fn destroy(ptr: *mut bindings::se_tpg_np) {
        // SAFETY: By the requirements of this function `ptr` is the box that `create` gave away,
        // and this is its only owner.
        drop(unsafe { KBox::from_raw(ptr.cast::<Self>()) });
    }

    /// The driver's data.
    pub fn data(&self) -> &T::Np {
        &self.data
    }
}

directories! {
    /// `tpgt_$TAG/np/$PORTAL`.
    TpgNpBaseAttrs => Np, se_tpg_np.tpg_np_group;
}
