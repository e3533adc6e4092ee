// SPDX-License-Identifier: GPL-2.0-only

//! Callbacks of the framework for a function in a configuration.
//!
//! C header: [`include/linux/usb/composite.h`](srctree/include/linux/usb/composite.h)

use core::ptr::NonNull;

use kernel::{
    error::to_result,
    ffi::{c_int, c_uint},
    prelude::*, //
};

use super::{Driver, Function};
use crate::{
    bindings,
    usb_function::{
        binding::Binding,
        descriptors::{Descriptors, Numbers, Speed},
        gadget::Gadget,
        Answer, Setup,
    }, //
};

/// The answer of a callback that ends the control request later.
const DELAYED: c_int = bindings::USB_GADGET_DELAYED_STATUS as c_int;

/// Fills in a function.
pub(super) fn fill<F: Driver>(function: *mut bindings::usb_function) {
    // SAFETY: The memory is that of a function. Zeros are valid: null pointers and integers.
    unsafe {
        function.write_bytes(0, 1);
        (*function).name = F::INTERFACE.name.as_char_ptr();
        (*function).bind = Some(bind_callback::<F>);
        (*function).unbind = Some(unbind_callback::<F>);
        (*function).free_func = Some(free_func_callback::<F>);
        (*function).set_alt = Some(set_alt_callback::<F>);
        (*function).get_alt = Some(get_alt_callback::<F>);
        (*function).disable = Some(disable_callback::<F>);
        (*function).setup = Some(setup_callback::<F>);
    }
}

/// Converts a result for the framework.
fn errno(result: Result<c_int>) -> c_int {
    match result {
        Ok(value) => value,
        Err(error) => error.to_errno(),
    }
}

/// Called by the framework when a gadget is bound to a controller.
///
/// # Safety
///
/// `function` must come from [`Function::create`], and must be bound to `configuration` if this
/// returns 0.
unsafe extern "C" fn bind_callback<F: Driver>(
    configuration: *mut bindings::usb_configuration,
    function: *mut bindings::usb_function,
) -> c_int {
    // SAFETY: The function is being bound, by the requirements of this callback.
    errno(unsafe { bind::<F>(configuration, function) }.map(|()| 0))
}

/// Binds a function.
///
/// # Errors
///
/// Returns the error of the driver or the framework.
///
/// # Safety
///
/// As [`bind_callback`].
unsafe fn bind<F: Driver>(
    configuration: *mut bindings::usb_configuration,
    function: *mut bindings::usb_function,
) -> Result {
    // SAFETY: The function is alive and being bound, by the requirements of this function. The
    // framework holds the lock of the gadget, and has set the instance.
    let (this, gadget, owner, interface) = unsafe {
        let this = Function::<F>::from_raw(function);
        let gadget = NonNull::new((*(*configuration).cdev).gadget).ok_or(ENODEV)?;
        let owner = Gadget::of((*function).fi)?;
        let interface = bindings::usb_interface_id(configuration, function);
        (this, gadget, owner, interface)
    };
    to_result(interface)?;
    let interface = interface as u8;
    // SAFETY: The gadget is that of the configuration that the function is being bound to, and the
    // work item is the function's.
    let binding = unsafe { Binding::new(gadget, this.deferred_work(), &F::INTERFACE)? };
    // SAFETY: The function and the gadget are those of this call, and `binding` has endpoints.
    unsafe { assign_descriptors::<F>(function, &binding, interface)? };
    let result = F::bind(this.instance(), owner);
    if result.is_err() {
        // SAFETY: The descriptors were assigned above.
        unsafe { bindings::usb_free_all_descriptors(function) };
        return result;
    }
    this.bound(binding, interface);
    Ok(())
}

/// Makes the descriptors of a function.
///
/// # Errors
///
/// Returns [`ENOMEM`], or [`EINVAL`] if [`Driver::INTERFACE`] is not consistent.
///
/// # Safety
///
/// `function` must be being bound to a controller with the endpoints of `binding`.
unsafe fn assign_descriptors<F: Driver>(
    function: *mut bindings::usb_function,
    binding: &Binding,
    interface: u8,
) -> Result {
    let mut addresses = KVec::new();
    for endpoint in binding.endpoints() {
        // SAFETY: The endpoint is alive: the function is being bound.
        let address = unsafe { (*endpoint.ptr.as_ptr()).address };
        addresses.push(address, GFP_KERNEL)?;
    }
    let numbers = Numbers {
        interface,
        addresses: &addresses,
        // SAFETY: The function is being bound.
        streams: unsafe { binding.streams() },
    };
    let make = |speed| Descriptors::new(&F::INTERFACE, &numbers, speed);
    let (mut full, mut high) = (make(Speed::Full)?, make(Speed::High)?);
    let mut best = make(Speed::Super)?;
    let (mut full, mut high, mut best) = (full.list()?, high.list()?, best.list()?);
    // SAFETY: The lists end with null pointers. The framework copies the descriptors.
    to_result(unsafe {
        bindings::usb_assign_descriptors(
            function,
            full.as_mut_ptr(),
            high.as_mut_ptr(),
            best.as_mut_ptr(),
            best.as_mut_ptr(),
        )
    })
}

/// Called by the framework when a gadget is unbound from its controller.
///
/// # Safety
///
/// `function` must be bound. The framework must call no other callback meanwhile.
unsafe extern "C" fn unbind_callback<F: Driver>(
    _configuration: *mut bindings::usb_configuration,
    function: *mut bindings::usb_function,
) {
    // SAFETY: The function is alive, by the requirements of this callback.
    let this = unsafe { Function::<F>::from_raw(function) };
    this.unbind();
    F::unbind(this.instance());
    // SAFETY: The descriptors were assigned when the function was bound. Its endpoints are disabled
    // and nothing uses them any more.
    unsafe { bindings::usb_free_all_descriptors(function) };
}

/// Called by the framework when the link to an instance is removed.
///
/// # Safety
///
/// `function` must come from [`Function::create`], must not be bound, and must not be used
/// afterwards.
unsafe extern "C" fn free_func_callback<F: Driver>(function: *mut bindings::usb_function) {
    // SAFETY: As required of the caller.
    unsafe { Function::<F>::destroy(function) };
}

/// Called by the framework when the host chooses an alternate setting.
///
/// # Safety
///
/// `function` must be bound.
unsafe extern "C" fn set_alt_callback<F: Driver>(
    function: *mut bindings::usb_function,
    interface: c_uint,
    alternate: c_uint,
) -> c_int {
    // SAFETY: The function is alive, by the requirements of this callback.
    let this = unsafe { Function::<F>::from_raw(function) };
    errno(this.choose(interface, alternate).map(|()| DELAYED))
}

/// Called by the framework when the host asks for the alternate setting.
///
/// # Safety
///
/// `function` must be bound.
unsafe extern "C" fn get_alt_callback<F: Driver>(
    function: *mut bindings::usb_function,
    _interface: c_uint,
) -> c_int {
    // SAFETY: The function is alive, by the requirements of this callback.
    let this = unsafe { Function::<F>::from_raw(function) };
    errno(this.alternate().map(c_int::from).ok_or(EINVAL))
}

/// Called by the framework when the host resets the device or is unplugged.
///
/// # Safety
///
/// `function` must be bound.
unsafe extern "C" fn disable_callback<F: Driver>(function: *mut bindings::usb_function) {
    // SAFETY: The function is alive, by the requirements of this callback.
    unsafe { Function::<F>::from_raw(function) }.disable();
}

/// Called by the framework for a control request that is not a standard one.
///
/// # Safety
///
/// `function` must be bound, and `request` valid.
unsafe extern "C" fn setup_callback<F: Driver>(
    function: *mut bindings::usb_function,
    request: *const bindings::usb_ctrlrequest,
) -> c_int {
    // SAFETY: The function is alive and the request valid, by the requirements of this callback.
    let (this, request) = unsafe { (Function::<F>::from_raw(function), request.read_unaligned()) };
    let setup = Setup {
        kind: request.bRequestType,
        request: request.bRequest,
        value: u16::from_le(request.wValue),
        index: u16::from_le(request.wIndex),
        length: u16::from_le(request.wLength),
    };
    let byte = match this.setup(&setup) {
        Answer::Stall => return EINVAL.to_errno(),
        Answer::Done => None,
        Answer::Byte(byte) => Some(byte),
    };
    // SAFETY: The function is bound, by the requirements of this callback. The control endpoint and
    // its request are the function's until it returns; the buffer of the request is not empty.
    unsafe {
        let device = (*(*function).config).cdev;
        let request = (*device).req;
        if let Some(byte) = byte {
            (*request).buf.cast::<u8>().write(byte);
        }
        (*request).length = u32::from(byte.is_some()).min(setup.length.into());
        (*request).set_zero(0);
        // If the request is not complete when the gadget is unbound, the framework dequeues it.
        (*device).set_setup_pending(1);
        let error = bindings::usb_ep_queue((*(*device).gadget).ep0, request, bindings::GFP_ATOMIC);
        if error != 0 {
            (*device).set_setup_pending(0);
        }
        error
    }
}

/// Called by the workqueue when an alternate setting was chosen.
///
/// # Safety
///
/// `work` must be the work item of a function that is not freed meanwhile.
pub(super) unsafe extern "C" fn work_callback<F: Driver>(work: *mut bindings::work_struct) {
    // SAFETY: As required of the caller.
    unsafe { Function::<F>::from_work(work) }.start();
}

/// Called by the workqueue for [`Pipes::defer`](crate::usb_function::Pipes::defer).
///
/// # Safety
///
/// `work` must be the work item for deferred calls of a function that is not freed meanwhile.
pub(super) unsafe extern "C" fn deferred_callback<F: Driver>(work: *mut bindings::work_struct) {
    // SAFETY: As required of the caller.
    unsafe { Function::<F>::from_deferred(work) }.call_deferred();
}
