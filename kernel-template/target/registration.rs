// SPDX-License-Identifier: GPL-2.0-only

//! The registration of a fabric with target core.
//!
//! C header: [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use core::{
    marker::PhantomData,
    ptr,
    sync::atomic::{AtomicBool, Ordering}, //
};

use kernel::{
    error::to_result,
    prelude::*, //
};

use crate::{
    bindings,
    target::{attributes::set_owner, ops::OperationsVTable, Operations}, //
};

/// The fabric's registration with target core; dropping it unregisters the fabric.
///
/// A module keeps it for as long as it is loaded. Each directory of the fabric holds a reference to
/// the module, so a fabric in use is not unregistered.
pub struct Registration<T: Operations>(PhantomData<T>);

/// Whether the module has a [`Registration`]: one at most, so that who registers may change the
/// attributes.
static REGISTERED: AtomicBool = AtomicBool::new(false);

impl<T: Operations> Registration<T> {
    /// Registers the fabric that `T` describes.
    ///
    /// # Errors
    ///
    /// [`EBUSY`] if the module has registered a fabric already, else what
    /// `target_register_template()` fails with: [`EINVAL`] if it does not like the ops, [`ENOMEM`].
    pub fn new(module: &'static ThisModule) -> Result<Self> {
        if REGISTERED.swap(true, Ordering::Acquire) {
            return Err(EBUSY);
        }
        for list in OperationsVTable::<T>::ATTRIBUTES {
            // SAFETY: The lists are those of the fabric, which is not registered.
            unsafe { set_owner(list, module.as_ptr().cast()) };
        }
        let ops = OperationsVTable::<T>::ops(module.as_ptr().cast());
        // SAFETY: Target core copies the ops. All that they point to is static. The callbacks meet
        // the contracts of the ops, and the module that holds them stays loaded while a directory
        // of the fabric exists.
        let result = to_result(unsafe { bindings::target_register_template(&ops) });
        if result.is_err() {
            REGISTERED.store(false, Ordering::Release);
        }
        result.map(|()| Self(PhantomData))
    }
}

impl<T: Operations> Drop for Registration<T> {
    fn drop(&mut self) {
        let ops = OperationsVTable::<T>::ops(ptr::null_mut());
        // SAFETY: `new` has registered a fabric of this name, and target core looks at the name
        // alone.
        unsafe { bindings::target_unregister_template(&ops) };
        REGISTERED.store(false, Ordering::Release);
    }
}
