// SPDX-License-Identifier: GPL-2.0-only

//! Target ports, `target/$FABRIC/$WWN`.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

use kernel::{
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings,
    target::{
        compat::init_zeroed,
        groups,
        object::into_raw,
        work::{FabricData, Workqueue},
        Directory,
        Groups,
        Operations, //
    },
};

/// A target port, `target/$FABRIC/$WWN`: a `struct se_wwn` and the driver's data.
///
/// # Invariants
///
/// - `inner` was zeroed before target core got it. It is the first field of a `repr(C)` type, so a
///   pointer to one is a pointer to the other.
/// - `fabric` points to the data of the fabric, which live as long as any of its directories.
#[pin_data]
#[repr(C)]
pub struct Wwn<T: Operations> {
    #[pin]
    pub(super) inner: Opaque<bindings::se_wwn>,
    fabric: NonNull<FabricData<T>>,
    #[pin]
    data: T::Wwn,
}

impl<T: Operations> Wwn<T> {
    /// Creates a target port of the fabric with the data `fabric`. Target core owns it until it
    /// calls `fabric_drop_wwn`.
    ///
    /// # Errors
    ///
    /// Returns the error of `data`, or [`ENOMEM`].
    pub(super) fn create(
        fabric: &FabricData<T>,
        data: impl PinInit<T::Wwn, Error>,
    ) -> Result<*mut bindings::se_wwn> {
        let wwn = KBox::pin_init(
            try_pin_init!(Self {
                inner <- init_zeroed(),
                fabric: NonNull::from(fabric),
                data <- data,
            }),
            GFP_KERNEL,
        )?;
        Ok(into_raw(wwn).cast())
    }

    /// Borrows the target port whose C part is `ptr`.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and must not be destroyed during `'a`.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_wwn) -> &'a Self {
        // SAFETY: `ptr` points to a `Self`, by the type's invariants, which is alive, by the
        // requirements of this function. Only shared references to it exist.
        unsafe { &*ptr.cast() }
    }

    /// Frees a target port.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and must not be used afterwards.
    pub(super) unsafe fn destroy(ptr: *mut bindings::se_wwn) {
        // SAFETY: `ptr` is the pointer of the box that `create` made, and is not used afterwards,
        // by the requirements of this function.
        drop(unsafe { KBox::from_raw(ptr.cast::<Self>()) });
    }

    /// Adds groups to `fabric_statistics`, for the op `add_wwn_groups`, which cannot fail.
    ///
    /// # Safety
    ///
    /// Target core must call the op `add_wwn_groups` for this target port.
    pub(super) unsafe fn add_groups(&self, groups: Groups<WwnGroup<T>>) {
        let wwn = self.inner.get();
        // SAFETY: Target core calls the op after it has initialized the directory, before it is
        // visible, and removes its groups before it calls `fabric_drop_wwn`. The context of the
        // groups is the target port.
        let result = unsafe { groups::add(&raw mut (*wwn).fabric_stat_group, wwn, groups) };
        if result.is_err() {
            pr_warn!("target port: no memory for its statistics\n");
        }
    }

    /// Returns the driver's data.
    pub fn data(&self) -> &T::Wwn {
        &self.data
    }

    /// Returns the data of the fabric.
    pub fn fabric(&self) -> &T::Data {
        // SAFETY: The data live as long as any directory of the fabric, by the type's invariants.
        // The target port is one.
        unsafe { self.fabric.as_ref() }
    }

    /// Returns the workqueue of the fabric that ends what was dropped.
    pub(super) fn ends(&self) -> &Workqueue {
        // SAFETY: The data live as long as any directory of the fabric, by the type's invariants.
        // The target port is one.
        unsafe { &self.fabric.as_ref().ends }
    }

    /// Returns the workqueue of the fabric that executes commands.
    pub(super) fn queue(&self) -> &Workqueue {
        // SAFETY: The data live as long as any directory of the fabric, by the type's invariants.
        // The target port is one.
        unsafe { &self.fabric.as_ref().queue }
    }
}

/// A group in `fabric_statistics` of a target port.
pub struct WwnGroup<T>(PhantomData<T>);

// SAFETY: `Wwn::add_groups` adds such groups only, for the target port.
unsafe impl<T: Operations> Directory for WwnGroup<T> {
    type Context = Wwn<T>;

    unsafe fn context<'a>(item: *mut bindings::config_item) -> &'a Wwn<T> {
        // SAFETY: `item` is such a group, by the requirements of this function. The target port
        // lives at least as long as its directory.
        unsafe { Wwn::from_raw(groups::owner(item)) }
    }
}
