// SPDX-License-Identifier: GPL-2.0-only

//! The registration of a function with the framework, and its instances in configfs.
//!
//! C header: [`include/linux/usb/composite.h`](srctree/include/linux/usb/composite.h)

use core::ptr;

use kernel::{
    error::to_result,
    ffi::c_void,
    prelude::*,
    types::Opaque, //
};

use super::{function, Function};
use crate::{
    bindings,
    bindings::{
        tcm_nab5000_function_register as function_register,
        tcm_nab5000_function_unregister as function_unregister,
        tcm_nab5000_instance_init as instance_init,
        tcm_nab5000_is_loaded as is_loaded, //
    },
    target::{
        atomic::{Acquire, Atomic, Relaxed, Release},
        err_ptr,
    }, //
};

/// The registration of a function. Dropping it unregisters the function. Instances pin the module.
///
/// # Invariants
///
/// The function is registered with the framework. `MODULE` points to the box.
pub(crate) struct Registration<F: Function> {
    _module: KBox<F::Module>,
}

/// The driver's data of the module, while the function is registered.
static MODULE: Atomic<*mut c_void> = Atomic::new(ptr::null_mut());

impl<F: Function> Registration<F> {
    /// Registers the function, with the name of the fabric. A module can do so once.
    ///
    /// # Errors
    ///
    /// Returns [`EBUSY`] after an earlier call, [`EEXIST`] if another function has the name.
    pub(crate) fn new(module: F::Module) -> Result<Self> {
        // The driver is a static, to which instances point as long as they live.
        static IS_CALLED: Atomic<bool> = Atomic::new(false);
        if IS_CALLED.xchg(true, Relaxed) {
            return Err(EBUSY);
        }
        let module = KBox::new(module, GFP_KERNEL)?;
        MODULE.store(ptr::from_ref(&*module).cast_mut().cast(), Release);
        // SAFETY: This is the only call. The callbacks meet the contract of the framework, which
        // counts the module before it calls them.
        to_result(unsafe {
            function_register(
                Some(alloc_inst_callback::<F>),
                Some(alloc_func_callback::<F>),
            )
        })?;
        Ok(Self { _module: module })
    }
}

impl<F: Function> Drop for Registration<F> {
    fn drop(&mut self) {
        // SAFETY: The function is registered, by the type's invariants. The call waits until no
        // instance is being created.
        unsafe { function_unregister() };
    }
}

/// An instance, `functions/nab5000.$INSTANCE`.
///
/// # Invariants
///
/// `inner` is the first field of a `repr(C)` type, so a pointer to one is a pointer to the other.
#[pin_data]
#[repr(C)]
pub(super) struct Instance<F: Function> {
    #[pin]
    inner: Opaque<bindings::usb_function_instance>,
    pub(super) data: F::Instance,
}

impl<F: Function> Instance<F> {
    /// Creates an instance, which the framework owns until it calls `free_func_inst`.
    fn create() -> Result<*mut bindings::usb_function_instance> {
        // SAFETY: The function has no requirements.
        if !unsafe { is_loaded() } {
            return Err(EAGAIN);
        }
        // SAFETY: The function is registered while it creates an instance, and `F` is that of the
        // only registration, so the pointer is that of its box.
        let module = unsafe { &*MODULE.load(Acquire).cast::<F::Module>() };
        let data = F::instance(module)?;
        let instance = KBox::pin_init(
            try_pin_init!(Self {
                inner <- Opaque::ffi_init(|instance| fill::<F>(instance)),
                data,
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: The framework does not move the instance.
        Ok(KBox::into_raw(unsafe { Pin::into_inner_unchecked(instance) }).cast())
    }

    /// Borrows an instance.
    ///
    /// # Safety
    ///
    /// `ptr` must come from `create`, and must not be freed during `'a`.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::usb_function_instance) -> &'a Self {
        // SAFETY: `ptr` is the first field of a `Self`, by the type's invariants, which is alive,
        // by the requirements of this function.
        unsafe { &*ptr.cast() }
    }
}

/// Fills in an instance.
fn fill<F: Function>(instance: *mut bindings::usb_function_instance) {
    // SAFETY: The memory is that of an instance, which does not move. Zeros are valid: null
    // pointers.
    unsafe {
        instance.write_bytes(0, 1);
        (*instance).free_func_inst = Some(free_func_inst_callback::<F>);
        instance_init(instance);
    }
}

/// Called by the framework for `mkdir functions/nab5000.$INSTANCE`.
///
/// # Safety
///
/// The module must stay loaded until the instance is freed.
unsafe extern "C" fn alloc_inst_callback<F: Function>() -> *mut bindings::usb_function_instance {
    err_ptr(Instance::<F>::create())
}

/// Called by the framework for a link to an instance in a configuration.
///
/// # Safety
///
/// `instance` must come from [`alloc_inst_callback`], and must outlive the function.
unsafe extern "C" fn alloc_func_callback<F: Function>(
    instance: *mut bindings::usb_function_instance,
) -> *mut bindings::usb_function {
    // SAFETY: The instance is alive, by the requirements of this callback.
    let instance = unsafe { Instance::<F>::from_raw(instance) };
    err_ptr(function::Function::<F>::create(instance.data.clone()))
}

/// Called by the framework when the directory of an instance is removed.
///
/// # Safety
///
/// `instance` must come from [`alloc_inst_callback`], and must not be used afterwards.
unsafe extern "C" fn free_func_inst_callback<F: Function>(
    instance: *mut bindings::usb_function_instance,
) {
    // SAFETY: The instance comes from the box of `create`, and is not used afterwards, by the
    // requirements of this callback.
    let instance = unsafe { KBox::from_raw(instance.cast::<Instance<F>>()) };
    F::remove(&instance.data);
}
