// SPDX-License-Identifier: GPL-2.0-only

//! The endpoints of a function while it is bound to a controller.
//!
//! C header: [`include/linux/usb/gadget.h`](srctree/include/linux/usb/gadget.h)

use core::ptr::NonNull;

use kernel::{
    error::to_result,
    prelude::*,
    sync::Arc, //
};

use super::descriptors::{Direction, Interface, BULK};
use crate::{
    bindings,
    bindings::tcm_nab5000_work_queue as work_queue,
    irq_lock::IrqLock,
    target::atomic::{Acquire, Atomic, Full, Relaxed}, //
};

/// An endpoint of the controller.
#[derive(Clone, Copy)]
pub(super) struct ControllerEndpoint {
    pub(super) ptr: NonNull<bindings::usb_ep>,
    pub(super) direction: Direction,
}

// SAFETY: Controllers lock the state of their endpoints.
unsafe impl Send for ControllerEndpoint {}

// SAFETY: Controllers lock the state of their endpoints.
unsafe impl Sync for ControllerEndpoint {}

/// The endpoints of a bound function.
///
/// # Invariants
///
/// The endpoints are alive while `is_bound` is true, and while a request is counted. So is
/// `deferred` while `is_bound` is true.
#[pin_data]
pub(super) struct Binding {
    endpoints: KVec<ControllerEndpoint>,
    has_scatterlists: bool,
    /// Work item of the function, for [`Function::deferred`](super::Function::deferred).
    deferred: NonNull<bindings::work_struct>,
    #[pin]
    is_bound: IrqLock<bool>,
    /// True unless an alternate setting is in use.
    is_stopped: Atomic<bool>,
    /// Number of requests of the controller that are allocated.
    pub(super) requests: Atomic<u32>,
    /// Number of `Pipes`.
    pub(super) pipes: Atomic<u32>,
}

// SAFETY: Any thread may queue the work item, which is alive as `with` says.
unsafe impl Send for Binding {}

// SAFETY: Any thread may queue the work item, and the other fields are `Sync`.
unsafe impl Sync for Binding {}

impl Binding {
    /// Claims the endpoints of an interface.
    ///
    /// # Errors
    ///
    /// Returns [`ENODEV`] if the controller has too few endpoints, [`ENOMEM`].
    ///
    /// # Safety
    ///
    /// `gadget` must be the gadget that a function is being bound to, and `deferred` an initialized
    /// work item of the function. `unbind` must be called before the function is unbound.
    pub(super) unsafe fn new(
        gadget: NonNull<bindings::usb_gadget>,
        deferred: NonNull<bindings::work_struct>,
        interface: &Interface,
    ) -> Result<Arc<Self>> {
        let mut endpoints = KVec::new();
        for direction in interface.endpoints {
            // SAFETY: `gadget` is being bound, by the requirements of this function.
            let endpoint = unsafe { claim(gadget, *direction)? };
            endpoints.push(endpoint, GFP_KERNEL)?;
        }
        // SAFETY: The gadget is alive, and the controller does not change the field.
        let has_scatterlists = unsafe { (*gadget.as_ptr()).sg_supported() } != 0;
        Arc::pin_init(
            pin_init!(Self {
                endpoints,
                has_scatterlists,
                deferred,
                is_bound <- IrqLock::new(true),
                is_stopped: Atomic::new(true),
                requests: Atomic::new(0),
                pipes: Atomic::new(0),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns the endpoints.
    pub(super) fn endpoints(&self) -> &[ControllerEndpoint] {
        &self.endpoints
    }

    /// Returns true if the controller takes scatterlists.
    pub(super) fn has_scatterlists(&self) -> bool {
        self.has_scatterlists
    }

    /// Returns the binary logarithm of the number of streams that all endpoints have, or 0.
    ///
    /// # Safety
    ///
    /// The function must be bound, or being bound.
    pub(super) unsafe fn streams(&self) -> u8 {
        // SAFETY: The endpoints are alive, by the requirements of this function.
        let streams =
            |endpoint: &ControllerEndpoint| unsafe { (*endpoint.ptr.as_ptr()).max_streams };
        let least = self.endpoints.iter().map(streams).min().unwrap_or(0);
        least.checked_ilog2().unwrap_or(0) as u8
    }

    /// Returns true if neither a request nor a link is left.
    pub(super) fn is_idle(&self) -> bool {
        self.requests.load(Acquire) == 0 && self.pipes.load(Acquire) == 0
    }

    /// Returns true unless an alternate setting is in use.
    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Relaxed)
    }

    /// Notes that an alternate setting is in use, or not. Ordered before what the caller does to
    /// the endpoints: a request that is queued meanwhile sees it, or is completed with the others.
    pub(super) fn set_stopped(&self, is_stopped: bool) {
        self.is_stopped.xchg(is_stopped, Full);
    }

    /// Calls `call` with an endpoint, unless the function is unbound. `call` may not sleep.
    ///
    /// # Errors
    ///
    /// Returns [`ENODEV`] if the function is unbound, [`EINVAL`] if there is no such endpoint.
    pub(super) fn with<R>(
        &self,
        index: usize,
        call: impl FnOnce(ControllerEndpoint) -> Result<R>,
    ) -> Result<R> {
        let endpoint = *self.endpoints.get(index).ok_or(EINVAL)?;
        self.is_bound.with(|is_bound| {
            if !*is_bound {
                return Err(ENODEV);
            }
            call(endpoint)
        })
    }

    /// Queues the work item of the function, unless the function is unbound. Called in any context.
    pub(super) fn defer(&self) {
        self.is_bound.with(|is_bound| {
            if *is_bound {
                // SAFETY: The function is bound, so its work item is alive. `unbind` waits for it.
                unsafe { work_queue(self.deferred.as_ptr()) };
            }
        });
    }

    /// Disables the endpoints: their requests complete. Called in any context.
    ///
    /// # Safety
    ///
    /// The function must be bound.
    pub(super) unsafe fn disable(&self) {
        for endpoint in self.endpoints.iter() {
            // SAFETY: The function is bound, by the requirements of this function, so the endpoint
            // is alive. An endpoint that is not enabled is left alone.
            unsafe { bindings::usb_ep_disable(endpoint.ptr.as_ptr()) };
        }
    }

    /// Waits for the work item, and until all requests are freed. Process context; sleeps.
    ///
    /// Afterwards nothing but the framework uses the endpoints.
    ///
    /// # Safety
    ///
    /// The function must be bound.
    pub(super) unsafe fn unbind(&self) {
        self.is_bound.with(|is_bound| *is_bound = false);
        // SAFETY: The work item is initialized, by the requirements of `new`, and alive while the
        // function is bound.
        unsafe { bindings::cancel_work_sync(self.deferred.as_ptr()) };
        while self.requests.load(Acquire) != 0 {
            // SAFETY: This is process context, which may sleep.
            unsafe { bindings::schedule_timeout_uninterruptible(1) };
        }
    }
}

/// Claims a bulk endpoint.
///
/// # Errors
///
/// Returns [`ENODEV`] if the controller has none left.
///
/// # Safety
///
/// `gadget` must be the gadget that a function is being bound to.
unsafe fn claim(
    gadget: NonNull<bindings::usb_gadget>,
    direction: Direction,
) -> Result<ControllerEndpoint> {
    // SAFETY: Zeros are valid: the fields are integers.
    let mut descriptor: bindings::usb_endpoint_descriptor = unsafe { core::mem::zeroed() };
    descriptor.bLength = bindings::USB_DT_ENDPOINT_SIZE as u8;
    descriptor.bDescriptorType = bindings::USB_DT_ENDPOINT as u8;
    descriptor.bmAttributes = BULK;
    if direction == Direction::IN {
        descriptor.bEndpointAddress = bindings::USB_DIR_IN as u8;
    }
    // SAFETY: `gadget` is being bound, by the requirements of this function. The framework changes
    // the descriptor, and does not keep it.
    let endpoint = unsafe { bindings::usb_ep_autoconfig(gadget.as_ptr(), &mut descriptor) };
    Ok(ControllerEndpoint {
        ptr: NonNull::new(endpoint).ok_or(ENODEV)?,
        direction,
    })
}

/// Enables the endpoints of an alternate setting.
///
/// # Errors
///
/// Returns the error of the controller; some endpoints may be enabled.
///
/// # Safety
///
/// `function` must be bound with `binding`, and must have descriptors of `interface`.
pub(super) unsafe fn enable(
    function: *mut bindings::usb_function,
    binding: &Binding,
    interface: &Interface,
    alternate: u8,
) -> Result {
    let setting = interface
        .alternates
        .get(usize::from(alternate))
        .ok_or(EINVAL)?;
    for endpoint in setting.endpoints {
        let endpoint = binding.endpoints.get(endpoint.index).ok_or(EINVAL)?;
        // SAFETY: The function is bound, by the requirements of this function, so its
        // configuration, the gadget and the endpoint are alive.
        unsafe {
            let gadget = (*(*(*function).config).cdev).gadget;
            let endpoint = endpoint.ptr.as_ptr();
            to_result(bindings::config_ep_by_speed_and_alt(
                gadget, function, endpoint, alternate,
            ))?;
            to_result(bindings::usb_ep_enable(endpoint))?;
        }
    }
    Ok(())
}
