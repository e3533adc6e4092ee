// SPDX-License-Identifier: GPL-2.0-only

//! Requests: transfers of data over an endpoint.
//!
//! C header: [`include/linux/usb/gadget.h`](srctree/include/linux/usb/gadget.h)

use core::{
    cell::UnsafeCell,
    mem::ManuallyDrop,
    ptr,
    ptr::NonNull, //
};

use kernel::{
    error::to_result,
    ffi::c_void,
    prelude::*,
    sync::Arc, //
};

mod canceller;

use super::{
    binding::{Binding, ControllerEndpoint},
    descriptors::Direction,
    Function, //
};
use crate::{
    bindings,
    bindings::tcm_nab5000_page_address as page_address,
    target::{
        atomic::{Atomic, Full, Relaxed, Release},
        Completed, Operations, Payload, Pending, Reference,
    }, //
};

pub(crate) use canceller::Canceller;

/// A command whose payload a request moves.
pub(crate) enum Data<T: Operations> {
    /// The data of a read, for an endpoint to the host.
    Read(Reference<Completed<T>>),
    /// The data of a write, for an endpoint from the host.
    Write(Pending<T>),
}

/// The driver's values in a request that the controller has.
struct Cargo<F: Function> {
    data: Option<Data<F::Fabric>>,
    context: F::Context,
}

/// The memory of a request.
///
/// # Invariants
///
/// `request` is allocated for `endpoint`, and counted by `binding`, while `users` is not 0.
pub(super) struct Shell<F: Function> {
    binding: Arc<Binding>,
    endpoint: ControllerEndpoint,
    request: NonNull<bindings::usb_request>,
    /// Number of values that use `request`: the [`Request`], and calls of a [`Canceller`].
    users: Atomic<u32>,
    /// True while the controller has the request.
    is_queued: Atomic<bool>,
    buffer: UnsafeCell<KVec<u8>>,
    cargo: UnsafeCell<Option<Cargo<F>>>,
}

// SAFETY: The fields without a lock have one user, the owner of the request. What they hold may
// change threads: a command, the driver's context, which is `Send`, and bytes.
unsafe impl<F: Function> Send for Shell<F> {}

// SAFETY: As for `Send`: shared references reach only the atomics, the binding, and the pointers to
// the endpoint and the request, which do not change.
unsafe impl<F: Function> Sync for Shell<F> {}

impl<F: Function> Shell<F> {
    /// Makes a request.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    ///
    /// # Safety
    ///
    /// `request` must be allocated for the endpoint, counted, and in no other use.
    pub(super) unsafe fn request(
        binding: &Arc<Binding>,
        endpoint: ControllerEndpoint,
        request: NonNull<bindings::usb_request>,
        buffer: KVec<u8>,
    ) -> Result<Request<F>> {
        let shell = Self {
            binding: binding.clone(),
            endpoint,
            request,
            users: Atomic::new(1),
            is_queued: Atomic::new(false),
            buffer: UnsafeCell::new(buffer),
            cargo: UnsafeCell::new(None),
        };
        match Arc::new(shell, GFP_KERNEL) {
            Ok(shell) => Ok(Request(shell)),
            Err(error) => {
                // SAFETY: The request is in no other use, by the requirements of this function.
                unsafe { free(binding, endpoint, request) };
                Err(error.into())
            }
        }
    }

    /// Counts a user of the request, unless it is freed.
    fn enter(&self) -> bool {
        let mut users = self.users.load(Relaxed);
        while users > 0 {
            match self.users.cmpxchg(users, users + 1, Full) {
                Ok(_) => return true,
                Err(now) => users = now,
            }
        }
        false
    }

    /// Removes a user of the request. The last one frees it.
    fn leave(&self) {
        if self.users.fetch_sub(1, Full) == 1 {
            // SAFETY: This was the last user. The controller does not have the request: the
            // `Request` is one of its users.
            unsafe { free(&self.binding, self.endpoint, self.request) };
        }
    }
}

/// Frees a request.
///
/// # Safety
///
/// The request must be allocated for the endpoint and counted, and must not be used afterwards.
unsafe fn free(
    binding: &Binding,
    endpoint: ControllerEndpoint,
    request: NonNull<bindings::usb_request>,
) {
    // SAFETY: The request is counted, so the endpoint is alive. It is not used afterwards, by the
    // requirements of this function.
    unsafe { bindings::usb_ep_free_request(endpoint.ptr.as_ptr(), request.as_ptr()) };
    binding.requests.fetch_sub(1, Release);
}

/// A USB request that is not queued. The function is not unbound before this is dropped. Dropped in
/// any context.
///
/// # Invariants
///
/// The controller does not have the request, and nothing but this value changes it. The trace point
/// of a cancellation that comes late may still read it.
pub(crate) struct Request<F: Function>(Arc<Shell<F>>);

/// A request that the controller has given back.
pub(crate) struct Done<F: Function> {
    /// The request.
    pub(crate) request: Request<F>,
    /// The command whose payload was moved.
    pub(crate) data: Option<Data<F::Fabric>>,
    /// The driver's data.
    pub(crate) context: F::Context,
    /// Number of bytes that the request was for.
    pub(crate) length: u32,
    /// Number of bytes moved, or the error of the controller: `ESHUTDOWN` if the endpoint is
    /// disabled, `ECONNRESET` if the request was cancelled.
    pub(crate) result: Result<u32>,
}

/// A request that the controller did not take.
#[allow(dead_code, reason = "not every data path reads all fields")]
pub(crate) struct Refused<F: Function> {
    /// The error of the controller: `ESHUTDOWN` if the endpoint is disabled. [`ENODEV`] if no
    /// alternate setting is in use.
    pub(crate) error: Error,
    /// The request.
    pub(crate) request: Request<F>,
    /// The command whose payload was to be moved.
    pub(crate) data: Option<Data<F::Fabric>>,
    /// The driver's data.
    pub(crate) context: F::Context,
}

/// The bytes that a request moves.
struct Bytes {
    buffer: *mut c_void,
    scatterlist: (*mut bindings::scatterlist, u32),
    length: u32,
}

impl<F: Function> Request<F> {
    /// Returns the buffer of the request.
    pub(crate) fn buffer(&self) -> &[u8] {
        // SAFETY: The value is the only owner of the request, by its invariants, so nothing changes
        // the buffer while it is borrowed.
        unsafe { &*self.0.buffer.get() }
    }

    /// Returns the buffer of the request, to be filled in.
    pub(crate) fn buffer_mut(&mut self) -> &mut [u8] {
        // SAFETY: The value is the only owner of the request, by its invariants.
        unsafe { &mut *self.0.buffer.get() }
    }

    /// Returns a value that cancels the request while the controller has it.
    pub(crate) fn canceller(&self) -> Canceller<F> {
        Canceller(self.0.clone())
    }

    /// Sets the stream of the transfers to come; 0 for none.
    pub(crate) fn set_stream(&mut self, stream: u16) {
        // SAFETY: The request is the driver's, by the type's invariants.
        unsafe {
            let request = self.0.request.as_ptr();
            (*request).set_stream_id(stream.into());
            (*request).set_is_last((stream != 0).into());
        }
    }

    /// Passes the request to the controller, which sends the first `length` bytes of the buffer, or
    /// receives up to `length` bytes into it. [`Function::complete`] gets it back, and may be
    /// called before this returns. Called in any context.
    ///
    /// # Errors
    ///
    /// Returns [`Refused`] with [`EINVAL`] if the buffer is shorter, or the controller's error.
    pub(crate) fn queue(self, length: u32, context: F::Context) -> Result<(), Refused<F>> {
        let cargo = Cargo {
            data: None,
            context,
        };
        if length as usize > self.buffer().len() {
            return Err(self.refused(EINVAL, cargo));
        }
        // SAFETY: The request is the driver's, by the type's invariants, and so is the buffer.
        let buffer = unsafe { (*self.0.buffer.get()).as_mut_ptr() };
        let bytes = Bytes {
            buffer: buffer.cast(),
            scatterlist: (ptr::null_mut(), 0),
            length,
        };
        // SAFETY: The buffer has `length` bytes. It is in the shell, as long as the controller has
        // the request.
        unsafe { self.pass(bytes, cargo) }
    }

    /// Passes the request to the controller, which transfers a part of the payload of a command,
    /// beginning at `offset`: all of it if `offset` is 0 and the controller supports scatterlists,
    /// otherwise a segment.
    /// [`Function::complete`] gets it back, and may be called before this returns. Called in any
    /// context.
    ///
    /// # Errors
    ///
    /// Returns [`Refused`] with [`EINVAL`] if the payload has no bytes at `offset`, if their page
    /// has no kernel address, or if the endpoint has the other direction; or the controller's
    /// error.
    pub(crate) fn queue_data(
        self,
        mut data: Data<F::Fabric>,
        offset: u32,
        context: F::Context,
    ) -> Result<(), Refused<F>> {
        let is_whole = offset == 0 && self.0.binding.has_scatterlists();
        let (bytes, direction) = match &mut data {
            Data::Read(cmd) => (bytes(&cmd.payload(), offset, is_whole), Direction::IN),
            Data::Write(cmd) => (bytes(&cmd.payload(), offset, is_whole), Direction::OUT),
        };
        let cargo = Cargo {
            data: Some(data),
            context,
        };
        match bytes {
            // SAFETY: The payload is that of the command, which the cargo holds as long as the
            // controller has the request: target core neither changes nor frees the payload, and
            // only the owner of the command accesses that of a write.
            Some(bytes) if direction == self.0.endpoint.direction => unsafe {
                self.pass(bytes, cargo)
            },
            _ => Err(self.refused(EINVAL, cargo)),
        }
    }

    /// Returns the memory of the request, with its user.
    fn into_shell(self) -> Arc<Shell<F>> {
        let request = ManuallyDrop::new(self);
        // SAFETY: `request` is not used afterwards, so this moves its count.
        unsafe { ptr::read(&request.0) }
    }

    /// Makes the error for a request that was not queued.
    fn refused(self, error: Error, cargo: Cargo<F>) -> Refused<F> {
        Refused {
            error,
            request: self,
            data: cargo.data,
            context: cargo.context,
        }
    }

    /// Passes the request to the controller.
    ///
    /// # Safety
    ///
    /// `bytes` must be valid for reads, and on an endpoint from the host for writes, until the
    /// request is complete, if `cargo` is kept as long.
    unsafe fn pass(self, bytes: Bytes, cargo: Cargo<F>) -> Result<(), Refused<F>> {
        // Otherwise a driver that queues again in `complete` would recurse until the endpoint is
        // disabled.
        if self.0.binding.is_stopped() {
            return Err(self.refused(ENODEV, cargo));
        }
        let canceller = self.canceller();
        // The request may complete, and the driver may drop it, before `usb_ep_queue` returns.
        canceller.0.enter();
        let shell = Arc::into_raw(self.into_shell());
        // SAFETY: The request is the driver's, by the type's invariants, so its fields and cargo
        // are in no other use.
        let status = unsafe {
            let request = (*shell).request.as_ptr();
            (*request).buf = bytes.buffer;
            (*request).sg = bytes.scatterlist.0;
            (*request).num_sgs = bytes.scatterlist.1;
            (*request).length = bytes.length;
            (*request).set_zero(0);
            (*request).complete = Some(complete_callback::<F>);
            (*request).context = shell.cast_mut().cast();
            *(*shell).cargo.get() = Some(cargo);
            (*shell).is_queued.store(true, Release);
            bindings::usb_ep_queue(
                (*shell).endpoint.ptr.as_ptr(),
                request,
                bindings::GFP_ATOMIC,
            )
        };
        canceller.0.leave();
        if let Err(error) = to_result(status) {
            // SAFETY: The controller has not taken the request, so the pointer and the cargo are
            // still this function's.
            // It has set the cargo.
            let (shell, cargo) = unsafe {
                let shell = Arc::from_raw(shell);
                let cargo = (*shell.cargo.get()).take().unwrap_unchecked();
                (shell, cargo)
            };
            shell.is_queued.store(false, Relaxed);
            return Err(Self(shell).refused(error, cargo));
        }
        // Disabling an endpoint completes the queued requests. This one may have been queued after
        // that.
        if canceller.0.binding.is_stopped() {
            canceller.cancel();
        }
        Ok(())
    }
}

impl<F: Function> Drop for Request<F> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// Returns the bytes of a payload from `offset` on.
fn bytes(payload: &Payload<'_>, offset: u32, is_whole: bool) -> Option<Bytes> {
    let left = payload
        .len()
        .checked_sub(offset)
        .filter(|left| *left != 0)?;
    if is_whole {
        return Some(Bytes {
            buffer: ptr::null_mut(),
            scatterlist: payload.scatterlist(),
            length: left,
        });
    }
    let segment = payload.segments(offset, left).ok()?.next()?;
    // SAFETY: The page is one of a payload, which is alive while it is borrowed.
    let page = unsafe { page_address(segment.page()) };
    if page.is_null() {
        return None;
    }
    Some(Bytes {
        buffer: page.wrapping_byte_add(segment.offset() as usize),
        scatterlist: (ptr::null_mut(), 0),
        length: segment.length(),
    })
}

/// Called by the controller for a request that is complete.
///
/// # Safety
///
/// `request` must be a request from [`Request::pass`], which this call takes over.
unsafe extern "C" fn complete_callback<F: Function>(
    _endpoint: *mut bindings::usb_ep,
    request: *mut bindings::usb_request,
) {
    // SAFETY: The request is one that `pass` has queued, and this call takes it over, by the
    // requirements of this callback: its context is a count of the shell, and its cargo is set.
    let (shell, cargo, status, length, actual) = unsafe {
        let shell = Arc::<Shell<F>>::from_raw((*request).context.cast());
        let cargo = (*shell.cargo.get()).take();
        (
            shell,
            cargo,
            (*request).status,
            (*request).length,
            (*request).actual,
        )
    };
    shell.is_queued.store(false, Relaxed);
    let request = Request(shell);
    if let Some(cargo) = cargo {
        F::complete(Done {
            request,
            data: cargo.data,
            context: cargo.context,
            length,
            result: to_result(status).map(|()| actual),
        });
    }
}
