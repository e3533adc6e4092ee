// SPDX-License-Identifier: GPL-2.0-only

//! A function in a configuration, and the start and end of its links.
//!
//! The framework chooses an alternate setting in an interrupt. A work item starts it, and then ends
//! the host's control request. Each choice, and each end, has a number of its own: the generation.
//! Work for an older one is void.
//!
//! C header: [`include/linux/usb/composite.h`](srctree/include/linux/usb/composite.h)

use core::ptr::NonNull;

use kernel::{
    prelude::*,
    sync::Arc,
    types::Opaque, //
};

mod callbacks;

use super::{
    binding::{self, Binding},
    pipes::Pipes,
    Answer,
    Function as Driver,
    Setup, //
};
use crate::{
    bindings,
    bindings::{
        tcm_nab5000_status_stage as status_stage,
        tcm_nab5000_work_init as work_init,
        tcm_nab5000_work_queue as work_queue, //
    },
    irq_lock::IrqLock,
    target::atomic::{Atomic, Full, Relaxed}, //
};

/// A function in a configuration.
///
/// # Invariants
///
/// `inner` is the first field of a `repr(C)` type, so a pointer to one is a pointer to the other.
#[pin_data]
#[repr(C)]
pub(super) struct Function<F: Driver> {
    #[pin]
    inner: Opaque<bindings::usb_function>,
    instance: F::Instance,
    #[pin]
    work: Opaque<bindings::work_struct>,
    #[pin]
    deferred: Opaque<bindings::work_struct>,
    /// Changes with `State::wanted` and the end of a link, under the lock of `state` and that of
    /// the framework.
    generation: Atomic<u32>,
    /// Not 0 until the host's choice is answered. Changes under the lock of the framework.
    pending: Atomic<u32>,
    #[pin]
    state: IrqLock<State<F>>,
}

/// The state of a function.
struct State<F: Driver> {
    /// Endpoints, while the function is bound.
    binding: Option<Arc<Binding>>,
    /// Number of the interface in its configuration.
    interface: u8,
    /// Alternate setting to be started.
    wanted: Option<u8>,
    link: Option<Running<F>>,
}

/// A link, and the number of its alternate setting.
struct Running<F: Driver> {
    link: F::Link,
    alternate: u8,
}

impl<F: Driver> Function<F> {
    /// Creates a function, which the framework owns until it calls `free_func`.
    pub(super) fn create(instance: F::Instance) -> Result<*mut bindings::usb_function> {
        let function = KBox::pin_init(
            try_pin_init!(Self {
                inner <- Opaque::ffi_init(|function| callbacks::fill::<F>(function)),
                instance,
                // SAFETY: The memory is that of the work item, which does not move.
                work <- Opaque::ffi_init(|work| unsafe {
                    work_init(work, Some(callbacks::work_callback::<F>))
                }),
                // SAFETY: As for `work`: the memory is that of the work item, which does not move.
                deferred <- Opaque::ffi_init(|work| unsafe {
                    work_init(work, Some(callbacks::deferred_callback::<F>))
                }),
                generation: Atomic::new(0),
                pending: Atomic::new(0),
                state <- IrqLock::new(State {
                    binding: None,
                    interface: 0,
                    wanted: None,
                    link: None,
                }),
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: The framework does not move the function.
        Ok(KBox::into_raw(unsafe { Pin::into_inner_unchecked(function) }).cast())
    }

    /// Borrows a function.
    ///
    /// # Safety
    ///
    /// `ptr` must come from `create`, and must not be freed during `'a`.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::usb_function) -> &'a Self {
        // SAFETY: `ptr` is the first field of a `Self`, by the type's invariants, which is alive,
        // by the requirements of this function.
        unsafe { &*ptr.cast() }
    }

    /// Borrows the function of a work item.
    ///
    /// # Safety
    ///
    /// `work` must be the work item of a function that is not freed during `'a`.
    pub(super) unsafe fn from_work<'a>(work: *mut bindings::work_struct) -> &'a Self {
        // SAFETY: The work item is that of a function, which is alive, by the requirements of this
        // function. `Opaque` is transparent.
        unsafe {
            let work: *mut Opaque<bindings::work_struct> = work.cast();
            &*kernel::container_of!(work, Self, work)
        }
    }

    /// Borrows the function of a deferred call.
    ///
    /// # Safety
    ///
    /// `work` must be the work item for deferred calls of a function that is not freed during `'a`.
    unsafe fn from_deferred<'a>(work: *mut bindings::work_struct) -> &'a Self {
        // SAFETY: The work item is that of a function, which is alive, by the requirements of this
        // function. `Opaque` is transparent.
        unsafe {
            let work: *mut Opaque<bindings::work_struct> = work.cast();
            &*kernel::container_of!(work, Self, deferred)
        }
    }

    /// Returns the work item for deferred calls.
    fn deferred_work(&self) -> NonNull<bindings::work_struct> {
        NonNull::from(&self.deferred).cast()
    }

    /// Calls the driver, if there is a link.
    fn call_deferred(&self) {
        if let Some(link) = self.link() {
            F::deferred(&link);
        }
    }

    /// Returns the link.
    fn link(&self) -> Option<F::Link> {
        self.state
            .with(|state| state.link.as_ref().map(|running| running.link.clone()))
    }

    /// Frees a function.
    ///
    /// # Safety
    ///
    /// `ptr` must come from `create`, and must not be used afterwards.
    pub(super) unsafe fn destroy(ptr: *mut bindings::usb_function) {
        // SAFETY: `ptr` is the pointer of the box of `create`, and is not used afterwards, by the
        // requirements of this function.
        drop(unsafe { KBox::from_raw(ptr.cast::<Self>()) });
    }

    /// Returns the driver's data of the instance.
    pub(super) fn instance(&self) -> &F::Instance {
        &self.instance
    }

    /// The function is bound, with these endpoints.
    pub(super) fn bound(&self, binding: Arc<Binding>, interface: u8) {
        self.state.with(|state| {
            state.binding = Some(binding);
            state.interface = interface;
        });
    }

    /// Chooses an alternate setting, in place of the one in use. Called in any context.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if there is no such setting, [`EBUSY`] if another one is being started.
    pub(super) fn choose(&self, interface: u32, alternate: u32) -> Result {
        let alternate = u8::try_from(alternate).map_err(|_| EINVAL)?;
        let count = F::INTERFACE.alternates.len();
        if usize::from(alternate) >= count {
            return Err(EINVAL);
        }
        let (link, binding) = self.state.with(|state| {
            let binding = state.binding.clone().ok_or(ENODEV)?;
            if u32::from(state.interface) != interface {
                return Err(EINVAL);
            }
            if self.pending.load(Relaxed) != 0 {
                return Err(EBUSY);
            }
            self.pending.store(1, Relaxed);
            // An earlier work item must not enable the endpoints before `end` disables them.
            state.wanted = None;
            Ok((self.advance(state), binding))
        })?;
        self.end(link, &binding);
        self.state.with(|state| state.wanted = Some(alternate));
        // SAFETY: The work item is initialized. `unbind` waits for it.
        unsafe { work_queue(self.work.get()) };
        Ok(())
    }

    /// Ends the link, and the start of one. Called in any context.
    pub(super) fn disable(&self) {
        let ended = self.state.with(|state| {
            state.wanted = None;
            self.pending.store(0, Relaxed);
            let binding = state.binding.clone()?;
            Some((self.advance(state), binding))
        });
        if let Some((link, binding)) = ended {
            self.end(link, &binding);
        }
    }

    /// Begins a new generation, and returns the link of the previous one.
    fn advance(&self, state: &mut State<F>) -> Option<Running<F>> {
        self.generation.fetch_add(1, Full);
        if let Some(binding) = &state.binding {
            binding.set_stopped(true);
        }
        state.link.take()
    }

    /// Ends a link.
    fn end(&self, link: Option<Running<F>>, binding: &Binding) {
        if let Some(running) = &link {
            F::stop(&running.link);
        }
        // SAFETY: The function is bound: the framework does not unbind it in a callback, and
        // `unbind` waits for the work item.
        unsafe { binding.disable() };
    }

    /// Returns the number of the alternate setting in use, or being started.
    pub(super) fn alternate(&self) -> Option<u8> {
        self.state.with(|state| {
            let running = state.link.as_ref().map(|running| running.alternate);
            state.wanted.or(running)
        })
    }

    /// Answers a control request. The framework passes on those for other interfaces, too, if the
    /// configuration has only this function.
    pub(super) fn setup(&self, request: &Setup) -> Answer {
        let is_own = self
            .state
            .with(|state| u16::from(state.interface) == request.index);
        match self.link() {
            Some(link) if is_own => F::setup(&self.instance, &link, request),
            _ => Answer::Stall,
        }
    }

    /// Ends the link, and waits for the work item and until all requests are freed. Called in
    /// process context; sleeps.
    pub(super) fn unbind(&self) {
        self.disable();
        // SAFETY: The work item is initialized. This is process context.
        unsafe { bindings::cancel_work_sync(self.work.get()) };
        if let Some(binding) = self.state.with(|state| state.binding.take()) {
            // SAFETY: `bound` has set it, so the function is bound until this returns.
            unsafe { binding.unbind() };
        }
    }

    /// Returns true if work for this generation is void.
    fn is_void(&self, generation: u32) -> bool {
        self.generation.load(Relaxed) != generation
    }

    /// Starts the alternate setting that was chosen. Called in process context; sleeps.
    pub(super) fn start(&self) {
        let wanted = self.state.with(|state| {
            let wanted = state.wanted?;
            Some((
                wanted,
                state.binding.clone()?,
                self.generation.load(Relaxed),
            ))
        });
        let Some((alternate, binding, generation)) = wanted else {
            return;
        };
        while !binding.is_idle() {
            if self.is_void(generation) {
                return;
            }
            // SAFETY: This is process context, which may sleep.
            unsafe { bindings::schedule_timeout_uninterruptible(1) };
        }
        if let Some(is_ok) = self.bring_up(alternate, &binding, generation) {
            self.answer(generation, is_ok);
        }
    }

    /// Enables the endpoints and starts a link. Returns true on success, and `None` if the work is
    /// void.
    fn bring_up(&self, alternate: u8, binding: &Arc<Binding>, generation: u32) -> Option<bool> {
        let enabled = self.state.with(|state| {
            if state.wanted.is_none() || self.is_void(generation) {
                return None;
            }
            binding.set_stopped(false);
            // SAFETY: `unbind` waits for the work item, so the function is bound.
            Some(unsafe { binding::enable(self.inner.get(), binding, &F::INTERFACE, alternate) })
        })?;
        let link = enabled.and_then(|()| F::start(&self.instance, alternate, Pipes::new(binding)));
        let is_ok = link.is_ok();
        let mut running = link.ok().map(|link| Running { link, alternate });
        let is_void = self.state.with(|state| {
            let is_void = self.is_void(generation);
            if !is_void {
                state.link = running.take();
            }
            is_void
        });
        if is_void {
            self.end(running, binding);
            return None;
        }
        Some(is_ok)
    }

    /// Ends the host's control request.
    fn answer(&self, generation: u32, is_ok: bool) {
        let stage = bindings::tcm_status_stage {
            generation: self.generation.as_ptr(),
            expected: generation,
            pending: self.pending.as_ptr(),
            is_ok,
        };
        // SAFETY: `unbind` waits for the work item, so the function is bound, and its configuration
        // and device are alive. The numbers change atomically.
        unsafe {
            let device = (*(*self.inner.get()).config).cdev;
            status_stage(device, &stage);
        }
        self.state.with(|state| {
            if !self.is_void(generation) {
                state.wanted = None;
            }
        });
    }
}
