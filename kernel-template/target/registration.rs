// SPDX-License-Identifier: GPL-2.0-only

//! The module of a fabric, and the fabric's registration with target core.
//!
//! C header: [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use core::{
    marker::PhantomData,
    ptr,
    sync::atomic::{AtomicBool, AtomicPtr, Ordering}, //
};

use kernel::{
    error::to_result,
    ffi::c_void,
    prelude::*, //
};

use crate::{
    bindings,
    target::{attributes::set_owner, ops::OperationsVTable, Operations}, //
};

/// The module of the fabric `T`, for `module!`: the fabric is registered while it is loaded.
pub struct Module<T: Operations> {
    _registration: Registration<T>,
}

impl<T: Operations> kernel::Module for Module<T> {
    fn init(module: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _registration: Registration::new(module)?,
        })
    }
}

/// The fabric's registration with target core; dropping it unregisters the fabric.
///
/// Each directory of the fabric holds a reference to the module, so a fabric in use is not
/// unregistered.
///
/// # Invariants
///
/// [`DATA`] is a box of `T::Data`, which belongs to this.
struct Registration<T: Operations>(PhantomData<fn(T)>);

/// Whether the module has a [`Registration`]: one at most, so that it alone may change the
/// attributes and [`DATA`].
static REGISTERED: AtomicBool = AtomicBool::new(false);

/// The data of the fabric that is registered.
static DATA: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

impl<T: Operations> Registration<T> {
    /// Makes the fabric's data and registers the fabric.
    ///
    /// # Errors
    ///
    /// [`EBUSY`] if the module has registered a fabric already; the error of [`Operations::init`];
    /// or the error of `target_register_template()`: [`EINVAL`] if it rejects the ops, [`ENOMEM`].
    fn new(module: &'static ThisModule) -> Result<Self> {
        if REGISTERED.swap(true, Ordering::Acquire) {
            return Err(EBUSY);
        }
        let result = Self::register(module);
        if result.is_err() {
            REGISTERED.store(false, Ordering::Release);
        }
        result
    }

    /// As [`Self::new`], once [`REGISTERED`] has been claimed.
    fn register(module: &'static ThisModule) -> Result<Self> {
        for list in OperationsVTable::<T>::ATTRIBUTES {
            // SAFETY: The lists are those of the fabric, which is not registered.
            unsafe { set_owner(list, module.as_ptr().cast()) };
        }
        let data = KBox::into_raw(KBox::new(T::init(module)?, GFP_KERNEL)?);
        DATA.store(data.cast(), Ordering::Release);
        let ops = OperationsVTable::<T>::ops(module.as_ptr().cast());
        // SAFETY: Target core copies the ops. All that they point to is static. The callbacks meet
        // the contracts of the ops, and the module that holds them stays loaded while a directory
        // of the fabric exists.
        let result = to_result(unsafe { bindings::target_register_template(&ops) });
        if result.is_err() {
            // SAFETY: The box has just been given away, and without a fabric nobody uses it.
            drop(unsafe { KBox::from_raw(data) });
        }
        result.map(|()| Self(PhantomData))
    }
}

impl<T: Operations> Drop for Registration<T> {
    fn drop(&mut self) {
        let ops = OperationsVTable::<T>::ops(ptr::null_mut());
        // SAFETY: `register` has registered a fabric of this name, and target core reads nothing
        // but the name.
        unsafe { bindings::target_unregister_template(&ops) };
        let data = DATA.load(Ordering::Acquire).cast::<T::Data>();
        // SAFETY: By the type's invariants this is the box. No directory of the fabric is left, so
        // nobody borrows it.
        drop(unsafe { KBox::from_raw(data) });
        REGISTERED.store(false, Ordering::Release);
    }
}

/// The data of the fabric.
///
/// # Safety
///
/// The fabric `T` must be registered, and stay so while `'a` lasts. It does while one of its
/// directories exists.
pub(super) unsafe fn data<'a, T: Operations>() -> &'a T::Data {
    // SAFETY: By the invariants of `Registration`, and the requirements of this function.
    unsafe { &*DATA.load(Ordering::Acquire).cast() }
}
