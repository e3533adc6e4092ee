// SPDX-License-Identifier: GPL-2.0-only

//! A USB function of a gadget: an interface with bulk endpoints, put together in configfs.
//!
//! `mkdir functions/nab5000.$INSTANCE` in a gadget makes an instance, and a link to it in a
//! configuration a function. When the host has chosen an alternate setting, the function has a
//! [`Function::Link`]: the driver's data of the setting, with [`Request`]s for its endpoints. A
//! request is the driver's or the controller's. A queued request has a [`Function::Context`], and
//! may have a command whose payload it moves; exactly one completion gives them back.
//!
//! The link ends when the host chooses another setting, resets the device or is unplugged, at any
//! moment and in any context. All its requests are completed then. The next link starts when the
//! previous one is dropped, in process context; the host waits for it. The function is unbound from
//! its controller when all requests are dropped.
//!
//! C headers: [`include/linux/usb/composite.h`](srctree/include/linux/usb/composite.h),
//! [`include/linux/usb/gadget.h`](srctree/include/linux/usb/gadget.h)

use kernel::prelude::*;

use crate::target::Operations;

mod binding;
mod descriptors;
mod function;
mod gadget;
mod instance;
mod pipes;
mod request;

pub(crate) use descriptors::{Alternate, Endpoint, Interface};
pub(crate) use gadget::Gadget;
pub(crate) use instance::Registration;
pub(crate) use pipes::Pipes;
pub(crate) use request::{Canceller, Data, Done, Request};

/// A USB function.
pub(crate) trait Function: Sized + 'static {
    /// The interface: its alternate settings and their endpoints.
    const INTERFACE: Interface;

    /// The fabric whose commands have the payload of requests.
    type Fabric: Operations;

    /// The driver's data of an instance, `functions/nab5000.$INSTANCE`.
    type Instance: Send + Sync + Clone;

    /// The driver's data of an alternate setting in use.
    type Link: Send + Sync + Clone;

    /// The driver's data of a request that the controller has.
    type Context: Send;

    /// The driver's data of the module, which [`Registration::new`] gets.
    type Module: Send + Sync;

    /// Creates the data of an instance. Called in process context.
    ///
    /// # Errors
    ///
    /// Returns the error for `mkdir`.
    fn instance(module: &Self::Module) -> Result<Self::Instance>;

    /// The directory of an instance is removed. Called in process context.
    fn remove(instance: &Self::Instance);

    /// The gadget is bound to a controller. Called in process context, under the lock of the
    /// gadget: [`Gadget::unregister`] would hang.
    ///
    /// # Errors
    ///
    /// Returns the error for writing to `UDC`.
    fn bind(instance: &Self::Instance, gadget: Gadget) -> Result;

    /// The gadget is unbound. Called in process context.
    fn unbind(instance: &Self::Instance);

    /// Starts an alternate setting, whose number in [`Interface::alternates`] is `alternate`:
    /// allocates requests and queues the first ones, which may complete before this returns. The
    /// data hold `pipes`: the next link does not start before they are dropped. Called in process
    /// context.
    ///
    /// # Errors
    ///
    /// Returns the error if the setting cannot be started. The host's request then fails.
    fn start(instance: &Self::Instance, alternate: u8, pipes: Pipes<Self>) -> Result<Self::Link>;

    /// Ends a link: the driver drops its requests, and those that complete from now on. Called in
    /// any context with interrupts off, under a spinlock of the framework.
    fn stop(link: &Self::Link);

    /// The call that [`Pipes::defer`] has asked for. Called in process context.
    fn deferred(link: &Self::Link);

    /// A request is complete. Called in any context with interrupts off, or from a method that
    /// queues or cancels a request.
    fn complete(done: Done<Self>);

    /// Answers a control request for the interface that is not a standard one. Called in any
    /// context with interrupts off, under a spinlock of the framework.
    fn setup(instance: &Self::Instance, link: &Self::Link, request: &Setup) -> Answer;
}

/// A control request, USB 2.0 section 9.3.
pub(crate) struct Setup {
    /// `bmRequestType`.
    pub(crate) kind: u8,
    /// `bRequest`.
    pub(crate) request: u8,
    /// `wValue`.
    pub(crate) value: u16,
    /// `wIndex`: the number of the interface.
    pub(crate) index: u16,
    /// `wLength`, in bytes.
    pub(crate) length: u16,
}

/// The answer to a control request.
pub(crate) enum Answer {
    /// The request is not supported: the control endpoint stalls.
    Stall,
    /// Success, without data.
    Done,
    /// Success, with a byte of data.
    Byte(u8),
}
