// SPDX-License-Identifier: GPL-2.0-only

//! The memory behind a SCSI host: the access of callbacks to the data of the host, also while the
//! host is being removed.
//!
//! C header: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h)

use core::ptr::{self, NonNull};

use super::Driver;
use crate::{
    bindings,
    target::atomic::{Acquire, Atomic, Full, Relaxed, Release}, //
};

/// Polling interval of waits, in milliseconds.
pub(super) const RECOVERY_POLL: u32 = 20;

/// The `hostdata` of a `struct Scsi_Host`. An open device keeps both alive after the host is
/// removed, and may have error handlers called then.
#[repr(C)]
pub(super) struct HostData<D: Driver> {
    data: *const D::Data,
    /// Number of error handlers that use the host, and the flag [`GONE`].
    handlers: Atomic<u32>,
}

/// Set when the host is about to be removed.
const GONE: u32 = 1 << 31;

/// Access of an error handler to the data of a host. The host is not removed before the guard is
/// dropped.
pub(super) struct HandlerGuard<'a, D: Driver> {
    pub(super) data: &'a D::Data,
    handlers: &'a Atomic<u32>,
}

impl<D: Driver> Drop for HandlerGuard<'_, D> {
    fn drop(&mut self) {
        self.handlers.fetch_sub(1, Release);
    }
}

impl<D: Driver> HostData<D> {
    /// Creates the `hostdata` of a host with `data`.
    pub(super) fn new(data: &D::Data) -> Self {
        Self {
            data,
            handlers: Atomic::new(0),
        }
    }

    /// Makes error handlers refuse resets by user space, and waits for those in progress, which the
    /// removal of the host does not wait for. Called in process context; sleeps.
    pub(super) fn refuse_resets(&self) {
        self.handlers.fetch_add(GONE, Full);
        while self.handlers.load(Acquire) != GONE {
            // SAFETY: A host is removed in process context, which may sleep.
            unsafe { bindings::msleep(RECOVERY_POLL) };
        }
    }

    /// Returns the address of the `hostdata` of a host.
    ///
    /// # Safety
    ///
    /// The host must be allocated with room for it.
    pub(super) unsafe fn of(host: NonNull<bindings::Scsi_Host>) -> *mut Self {
        // SAFETY: The host is allocated with room for `HostData`, by the requirements of this
        // function, so the address is in the same allocation.
        unsafe { ptr::addr_of_mut!((*host.as_ptr()).hostdata).cast() }
    }

    /// Borrows the data of a host.
    ///
    /// # Safety
    ///
    /// The host must be a host of `D` that is not removed during `'a`.
    pub(super) unsafe fn data_of<'a>(host: NonNull<bindings::Scsi_Host>) -> &'a D::Data {
        // SAFETY: The host is a host of `D`, by the requirements of this function, so `Host::new`
        // has written the pointer. The data are only borrowed shared until the host is removed.
        unsafe { &*(*Self::of(host)).data }
    }

    /// Borrows the data of a host for the error handler of `command`. Returns `None` for a reset by
    /// user space if the host is being removed: the removal does not wait for such a command.
    ///
    /// # Safety
    ///
    /// The command must be a command of a host of `D` that is not freed during `'a`. The host may
    /// be removed.
    pub(super) unsafe fn enter<'a>(
        command: NonNull<bindings::scsi_cmnd>,
    ) -> Option<HandlerGuard<'a, D>> {
        // SAFETY: The command belongs to a host that is not freed, by the requirements of this
        // function. Each command has a device, and each device a host.
        let (host, submitter) = unsafe {
            let command = command.as_ptr();
            ((*(*command).device).host, (*command).submitter)
        };
        // SAFETY: `host` is the host of the command, a host of `D` that is not freed, so
        // `Host::new` has written its `hostdata`.
        let HostData { data, handlers } = unsafe { &*Self::of(NonNull::new_unchecked(host)) };
        let before = handlers.fetch_add(1, Acquire);
        if before & GONE != 0
            && submitter == bindings::scsi_cmnd_submitter_SUBMITTED_BY_SCSI_RESET_IOCTL
        {
            handlers.fetch_sub(1, Relaxed);
            return None;
        }
        Some(HandlerGuard {
            // SAFETY: Dropping the `Host` waits until no handler is counted, and then for all
            // commands except resets by user space, which are refused above.
            data: unsafe { &**data },
            handlers,
        })
    }
}
