// SPDX-License-Identifier: GPL-2.0-only

//! The endpoints of an alternate setting, for the driver.
//!
//! C header: [`include/linux/usb/gadget.h`](srctree/include/linux/usb/gadget.h)

use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

use kernel::{
    error::to_result,
    ffi::c_int,
    prelude::*,
    sync::Arc, //
};

use super::{
    binding::Binding,
    request::{Request, Shell},
    Function, //
};
use crate::{
    bindings,
    target::atomic::{Relaxed, Release}, //
};

/// The endpoints of an alternate setting in use. The next setting does not start before this is
/// dropped. Dropped in any context.
///
/// An endpoint is named by its index in [`Interface::endpoints`](super::Interface::endpoints).
pub(crate) struct Pipes<F: Function> {
    binding: Arc<Binding>,
    function: PhantomData<fn() -> F>,
}

impl<F: Function> Pipes<F> {
    /// Counts a user of the endpoints.
    pub(super) fn new(binding: &Arc<Binding>) -> Self {
        binding.pipes.fetch_add(1, Relaxed);
        Self {
            binding: binding.clone(),
            function: PhantomData,
        }
    }

    /// Allocates a request for an endpoint, with a buffer of `room` bytes. Called in process
    /// context.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`], [`ENODEV`] if the function is unbound, [`EINVAL`] if there is no such
    /// endpoint.
    pub(crate) fn request(&self, endpoint: usize, room: usize) -> Result<Request<F>> {
        let mut buffer = KVec::with_capacity(room, GFP_KERNEL)?;
        for _ in 0..room {
            buffer.push(0, GFP_KERNEL)?;
        }
        // The request is counted under the lock that `Binding::unbind` takes before it waits.
        let (endpoint, request) = self.binding.with(endpoint, |endpoint| {
            let ptr = endpoint.ptr.as_ptr();
            // SAFETY: The endpoint is alive: the function is bound.
            let request = unsafe { bindings::usb_ep_alloc_request(ptr, bindings::GFP_ATOMIC) };
            let request = NonNull::new(request).ok_or(ENOMEM)?;
            self.binding.requests.fetch_add(1, Relaxed);
            Ok((endpoint, request))
        })?;
        // SAFETY: The request was allocated and counted above, and is in no other use.
        unsafe { Shell::request(&self.binding, endpoint, request, buffer) }
    }

    /// Returns the maximum packet size of an endpoint in bytes, or 0 without such an endpoint.
    pub(crate) fn packet(&self, endpoint: usize) -> u32 {
        let packet = self.binding.with(endpoint, |endpoint| {
            // SAFETY: The endpoint is alive: the function is bound.
            Ok(u32::from(unsafe { (*endpoint.ptr.as_ptr()).maxpacket }))
        });
        packet.unwrap_or(0)
    }

    /// Returns the number of streams of an endpoint at the speed of the connection, or 0. They are
    /// numbered from 1.
    pub(crate) fn streams(&self, endpoint: usize) -> u32 {
        let streams = self.binding.with(endpoint, |endpoint| {
            // SAFETY: The endpoint is alive: the function is bound. The descriptor is one of the
            // function, which are alive as long.
            let companion = unsafe { (*endpoint.ptr.as_ptr()).comp_desc.as_ref() };
            Ok(companion.map_or(0, |companion| companion.bmAttributes & 0x1f))
        });
        match streams {
            Ok(logarithm @ 1..) => 1u32.checked_shl(logarithm.into()).unwrap_or(0),
            _ => 0,
        }
    }

    /// Has [`Function::deferred`] called soon, unless the link ends before. Called in any context.
    pub(crate) fn defer(&self) {
        self.binding.defer();
    }

    /// Halts an endpoint: the host's transfers stall until it clears the halt. Called in any
    /// context.
    ///
    /// # Errors
    ///
    /// Returns [`EAGAIN`] if data wait to be sent, or another error of the controller.
    pub(crate) fn halt(&self, endpoint: usize) -> Result {
        self.control(endpoint, bindings::usb_ep_set_halt)
    }

    /// Halts an endpoint, and ignores the host's attempts to clear that. Called in any context.
    ///
    /// # Errors
    ///
    /// As [`Self::halt`].
    pub(crate) fn wedge(&self, endpoint: usize) -> Result {
        self.control(endpoint, bindings::usb_ep_set_wedge)
    }

    /// Disables an endpoint and enables it again: its requests complete, and the controller forgets
    /// its halt and the data that it has. Called in any context.
    ///
    /// # Errors
    ///
    /// Returns the error of the controller, or [`ENODEV`] if the alternate setting is not in use.
    pub(crate) fn restart(&self, endpoint: usize) -> Result {
        // Counted like a request, under the lock that `Binding::unbind` takes before it waits.
        let endpoint = self.binding.with(endpoint, |endpoint| {
            self.binding.requests.fetch_add(1, Relaxed);
            Ok(endpoint)
        })?;
        let ptr = endpoint.ptr.as_ptr();
        // SAFETY: The endpoint is alive: `unbind` waits until this is not counted, and so does the
        // start of another setting, which would change the descriptors. The functions may be called
        // in an interrupt.
        let result = unsafe {
            let (desc, comp_desc) = ((*ptr).desc, (*ptr).comp_desc);
            bindings::usb_ep_disable(ptr);
            let result = if self.binding.is_stopped() || desc.is_null() {
                Err(ENODEV)
            } else {
                // Some controllers clear them.
                (*ptr).desc = desc;
                (*ptr).comp_desc = comp_desc;
                to_result(bindings::usb_ep_enable(ptr))
            };
            // The setting may have ended meanwhile, and its endpoints been disabled.
            if self.binding.is_stopped() {
                bindings::usb_ep_disable(ptr);
            }
            result
        };
        self.binding.requests.fetch_sub(1, Release);
        result
    }

    /// Calls a function for an endpoint.
    fn control(
        &self,
        endpoint: usize,
        call: unsafe extern "C" fn(*mut bindings::usb_ep) -> c_int,
    ) -> Result {
        self.binding.with(endpoint, |endpoint| {
            // SAFETY: The endpoint is alive: the function is bound. The functions may be called in
            // an interrupt, and do not complete requests.
            to_result(unsafe { call(endpoint.ptr.as_ptr()) })
        })
    }
}

impl<F: Function> Drop for Pipes<F> {
    fn drop(&mut self) {
        self.binding.pipes.fetch_sub(1, Release);
    }
}
