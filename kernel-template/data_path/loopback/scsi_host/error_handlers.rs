// SPDX-License-Identifier: GPL-2.0-only

//! Error handlers: callbacks of the midlayer for commands that have timed out, and for resets.
//!
//! C header: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h)

use core::ptr::{self, NonNull};

use kernel::ffi::{c_int, c_void};

use super::{
    callbacks::{scsi_timeout_action, Callbacks},
    command::{owner, tag, Private},
    host_data::{HostData, RECOVERY_POLL},
    Driver, //
};
use crate::{
    bindings,
    rcu,
    target::atomic::{Acquire, Full}, //
};

impl<D: Driver> Callbacks<D> {
    /// Called by the midlayer when a command has timed out.
    ///
    /// # Safety
    ///
    /// `command` must be a command of a host of `D`.
    pub(super) unsafe extern "C" fn eh_timed_out_callback(
        command: *mut bindings::scsi_cmnd,
    ) -> scsi_timeout_action {
        // SAFETY: `command` is a command of a host of `D`, by the requirements of this callback.
        // The midlayer keeps it during this call.
        let owner = unsafe { Private::<D>::owner(NonNull::new_unchecked(command)) };
        let late = owner.cmpxchg(owner::DRIVER, owner::LATE, Full);
        match late {
            Ok(_) => scsi_timeout_action::NotHandled,
            Err(_) => scsi_timeout_action::Done,
        }
    }

    /// Called by the midlayer to abort a command that has timed out.
    ///
    /// # Safety
    ///
    /// `command` must be a command of a host of `D` that has timed out.
    pub(super) unsafe extern "C" fn eh_abort_handler_callback(
        command: *mut bindings::scsi_cmnd,
    ) -> c_int {
        // SAFETY: `command` is a command, by the requirements of this callback, so it is not null.
        let command = unsafe { NonNull::new_unchecked(command) };
        // SAFETY: `command` is a command of a host of `D`, by the requirements of this callback.
        // Error recovery keeps both during this call.
        let Some(guard) = (unsafe { HostData::<D>::enter(command) }) else {
            return disposition(false);
        };
        // SAFETY: Each command has a device. `command` has timed out, by the requirements of this
        // callback, so its request is from the tag set of the host.
        let (lun, tag) = unsafe { ((*(*command.as_ptr()).device).lun, tag(command)) };
        let done = D::eh_abort_handler(guard.data, lun, tag);
        // SAFETY: `command` is a command of a host of `D` that has timed out, by the requirements
        // of this callback, so the midlayer does not wait for `scsi_done`.
        disposition(done && unsafe { Self::is_back(command) })
    }

    /// Called by the midlayer to reset a device.
    ///
    /// # Safety
    ///
    /// `command` must be a command to the device, of a host of `D`. The midlayer must not wait for
    /// `scsi_done`.
    pub(super) unsafe extern "C" fn eh_device_reset_handler_callback(
        command: *mut bindings::scsi_cmnd,
    ) -> c_int {
        // SAFETY: `command` is a command, by the requirements of this callback, so it is not null.
        let command = unsafe { NonNull::new_unchecked(command) };
        // SAFETY: `command` is a command to a device of a host of `D`, by the requirements of this
        // callback. Error recovery keeps all three during this call.
        let (guard, device) =
            unsafe { (HostData::<D>::enter(command), (*command.as_ptr()).device) };
        let Some(guard) = guard else {
            return disposition(false);
        };
        // SAFETY: A device lives as long as its commands.
        let (host, lun) = unsafe { ((*device).host, (*device).lun) };
        let done = D::eh_device_reset_handler(guard.data, lun);
        // SAFETY: `command` is a command of a host of `D` and the midlayer does not wait for
        // `scsi_done`, by the requirements of this callback.
        let is_back = done && unsafe { Self::is_back(command) };
        // SAFETY: The host is a host of `D`, by the requirements of this callback. `guard` prevents
        // its removal.
        disposition(is_back && !unsafe { Self::has_late(host, device) })
    }

    /// Called by the midlayer as a last resort. After success it reuses all commands of the host
    /// that have timed out.
    ///
    /// # Safety
    ///
    /// `command` must be a command of a host of `D`. The midlayer must not wait for `scsi_done`.
    pub(super) unsafe extern "C" fn eh_host_reset_handler_callback(
        command: *mut bindings::scsi_cmnd,
    ) -> c_int {
        // SAFETY: `command` is a command, by the requirements of this callback, so it is not null.
        let command = unsafe { NonNull::new_unchecked(command) };
        // SAFETY: `command` is a command of a host of `D`, by the requirements of this callback.
        // Error recovery keeps both during this call.
        let Some(_guard) = (unsafe { HostData::<D>::enter(command) }) else {
            return disposition(false);
        };
        // SAFETY: A device and its host live as long as the commands of the device.
        let host = unsafe { (*(*command.as_ptr()).device).host };
        // SAFETY: `command` is a command of `host`, which is a host of `D`, and the midlayer does
        // not wait for `scsi_done`, by the requirements of this callback. `_guard` prevents the
        // removal of the host.
        while unsafe { !Self::is_back(command) || Self::has_late(host, ptr::null_mut()) } {
            // SAFETY: Error recovery runs in a thread of its own or in the task that called
            // `SG_SCSI_RESET`. Both may sleep.
            unsafe { bindings::msleep(RECOVERY_POLL) };
        }
        disposition(true)
    }

    /// Returns true if the driver has returned `command`. If not, the command is marked as timed
    /// out.
    ///
    /// # Safety
    ///
    /// `command` must be a command of a host of `D`. The midlayer must not wait for `scsi_done`.
    unsafe fn is_back(command: NonNull<bindings::scsi_cmnd>) -> bool {
        // SAFETY: `command` is a command of a host of `D`, by the requirements of this function.
        // Error recovery keeps it until it reports success.
        let owner = unsafe { Private::<D>::owner(command) };
        let _ = owner.cmpxchg(owner::DRIVER, owner::LATE, Full);
        let is_back = owner.load(Acquire) == owner::MIDLAYER;
        if is_back {
            // The driver may be about to call `scsi_done`, in an RCU read-side critical section.
            rcu::synchronize_rcu();
        }
        is_back
    }

    /// Returns true if the driver owns a command to `device` that has timed out; if `device` is
    /// null, a command to any device of the host.
    ///
    /// # Safety
    ///
    /// The host must be a host of `D` whose removal a `HandlerGuard` prevents.
    unsafe fn has_late(host: *mut bindings::Scsi_Host, device: *mut bindings::scsi_device) -> bool {
        let mut search = Search {
            device,
            found: false,
        };
        // SAFETY: The host is a host of `D` that is not removed, by the requirements of this
        // function, so it has its tags, and its commands have private memory of `D`. `search`
        // outlives the call.
        unsafe {
            bindings::scsi_host_busy_iter(
                host,
                Some(Self::search_callback),
                ptr::addr_of_mut!(search).cast(),
            );
        }
        search.found
    }

    /// Called by the midlayer for each command that is in use.
    ///
    /// # Safety
    ///
    /// `command` must be a command of a host of `D`. `search` must be a [`Search`] in no other use.
    unsafe extern "C" fn search_callback(
        command: *mut bindings::scsi_cmnd,
        search: *mut c_void,
    ) -> bool {
        // SAFETY: `command` is a command of a host of `D`, and `search` a `Search` in no other use,
        // by the requirements of this callback.
        let (search, owner, device) = unsafe {
            (
                &mut *search.cast::<Search>(),
                Private::<D>::owner(NonNull::new_unchecked(command)),
                (*command).device,
            )
        };
        let is_there = search.device.is_null() || search.device == device;
        search.found |= is_there && owner.load(Acquire) == owner::LATE;
        !search.found
    }
}

/// A search for a timed-out command among the commands of a host.
struct Search {
    device: *mut bindings::scsi_device,
    found: bool,
}

/// Returns the result of an error handler.
fn disposition(is_done: bool) -> c_int {
    let disposition = if is_done {
        bindings::scsi_disposition_SUCCESS
    } else {
        bindings::scsi_disposition_FAILED
    };
    disposition as c_int
}
