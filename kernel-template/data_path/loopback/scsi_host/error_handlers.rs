// SPDX-License-Identifier: GPL-2.0-only

//! Error handlers: callbacks of the midlayer for commands that have timed out, and for resets.
//!
//! C header: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h)

use core::{
    ptr::{self, NonNull},
    sync::atomic::Ordering, //
};

use kernel::ffi::{c_int, c_void};

use super::{
    callbacks::Callbacks,
    command::{owner, tag, Private},
    host::RECOVERY_POLL,
    Driver,
    Host, //
};
use crate::{
    bindings,
    rcu, //
};

impl<D: Driver> Callbacks<D> {
    /// Called by the midlayer when a command has timed out.
    ///
    /// # Safety
    ///
    /// `command` must be one of a host of `D`.
    pub(super) unsafe extern "C" fn eh_timed_out_callback(
        command: *mut bindings::scsi_cmnd,
    ) -> bindings::scsi_timeout_action {
        // SAFETY: `command` is one of a host of `D`, by the requirements of this callback, and the
        // midlayer keeps it while it decides on it.
        let owner = unsafe { Private::<D>::owner(NonNull::new_unchecked(command)) };
        let late = owner.compare_exchange(
            owner::DRIVER,
            owner::LATE,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        match late {
            Ok(_) => bindings::scsi_timeout_action_SCSI_EH_NOT_HANDLED,
            // The driver is completing it at this moment.
            Err(_) => bindings::scsi_timeout_action_SCSI_EH_DONE,
        }
    }

    /// Called by the midlayer to abort a command that has timed out.
    ///
    /// # Safety
    ///
    /// `command` must be one of a host of `D`, and must have timed out.
    pub(super) unsafe extern "C" fn eh_abort_handler_callback(
        command: *mut bindings::scsi_cmnd,
    ) -> c_int {
        // SAFETY: `command` is a command, by the requirements of this callback, so it is not null.
        let command = unsafe { NonNull::new_unchecked(command) };
        // SAFETY: `command` is one of a host of `D`, by the requirements of this callback, and
        // error recovery keeps both until it returns.
        let Some(guard) = (unsafe { Host::<D>::enter(command) }) else {
            return disposition(false);
        };
        // SAFETY: `command` has a device. It has timed out, by the requirements of this callback,
        // so its request is of the host's tag set.
        let (lun, tag) = unsafe { ((*(*command.as_ptr()).device).lun, tag(command)) };
        let done = D::eh_abort_handler(guard.data, lun, tag);
        // SAFETY: `command` is one of a host of `D` that has timed out, by the requirements of this
        // callback: the midlayer does not wait for `scsi_done` any more.
        disposition(done && unsafe { Self::is_back(command) })
    }

    /// Called by the midlayer to reset a device.
    ///
    /// # Safety
    ///
    /// `command` must be one to the device, of a host of `D`; the midlayer must no longer wait for
    /// `scsi_done`.
    pub(super) unsafe extern "C" fn eh_device_reset_handler_callback(
        command: *mut bindings::scsi_cmnd,
    ) -> c_int {
        // SAFETY: `command` is a command, by the requirements of this callback, so it is not null.
        let command = unsafe { NonNull::new_unchecked(command) };
        // SAFETY: `command` is one to a device of a host of `D`, by the requirements of this
        // callback, and error recovery keeps all three until it returns.
        let (guard, device) = unsafe { (Host::<D>::enter(command), (*command.as_ptr()).device) };
        let Some(guard) = guard else {
            return disposition(false);
        };
        // SAFETY: A command's device is there as long as the command.
        let (host, lun) = unsafe { ((*device).host, (*device).lun) };
        let done = D::eh_device_reset_handler(guard.data, lun);
        // SAFETY: `command` is one of a host of `D` and the midlayer does not wait for `scsi_done`
        // any more, by the requirements of this callback.
        let is_back = done && unsafe { Self::is_back(command) };
        // SAFETY: The host is one of `D`, by the requirements of this callback. `guard` keeps it
        // from being removed.
        disposition(is_back && !unsafe { Self::has_late(host, device) })
    }

    /// Called by the midlayer as a last resort. With success it takes all commands of the host that
    /// have timed out for its own.
    ///
    /// # Safety
    ///
    /// `command` must be one of a host of `D`; the midlayer must no longer wait for `scsi_done`.
    pub(super) unsafe extern "C" fn eh_host_reset_handler_callback(
        command: *mut bindings::scsi_cmnd,
    ) -> c_int {
        // SAFETY: `command` is a command, by the requirements of this callback, so it is not null.
        let command = unsafe { NonNull::new_unchecked(command) };
        // SAFETY: `command` is one of a host of `D`, by the requirements of this callback, and
        // error recovery keeps both until it returns.
        let Some(_guard) = (unsafe { Host::<D>::enter(command) }) else {
            return disposition(false);
        };
        // SAFETY: A command's device and its host are there as long as the command.
        let host = unsafe { (*(*command.as_ptr()).device).host };
        // SAFETY: `command` is one of `host`, which is one of `D`, and the midlayer does not wait
        // for `scsi_done` any more, by the requirements of this callback. `_guard` keeps the host
        // from being removed.
        while unsafe { !Self::is_back(command) || Self::has_late(host, ptr::null_mut()) } {
            // SAFETY: Error recovery runs in a thread of its own, or in that of `SG_SCSI_RESET`:
            // both may sleep.
            unsafe { bindings::msleep(RECOVERY_POLL) };
        }
        disposition(true)
    }

    /// Whether the driver has returned `command`. If it has not, the command counts as timed out
    /// from here on.
    ///
    /// # Safety
    ///
    /// `command` must be one of a host of `D`; the midlayer must no longer wait for `scsi_done`.
    unsafe fn is_back(command: NonNull<bindings::scsi_cmnd>) -> bool {
        // SAFETY: `command` is one of a host of `D`, by the requirements of this function, and is
        // error recovery's until it reports success.
        let owner = unsafe { Private::<D>::owner(command) };
        let _ = owner.compare_exchange(
            owner::DRIVER,
            owner::LATE,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        let is_back = owner.load(Ordering::Acquire) == owner::MIDLAYER;
        if is_back {
            // The driver may not have called `scsi_done` yet, if it does; wait until it has.
            rcu::synchronize_rcu();
        }
        is_back
    }

    /// Whether the driver still has a command of the host that has timed out. Commands to all
    /// devices count if `device` is null, else those to `device`.
    ///
    /// # Safety
    ///
    /// The host must be one of `D`, and not be removed: a [`HandlerGuard`] sees to that.
    unsafe fn has_late(host: *mut bindings::Scsi_Host, device: *mut bindings::scsi_device) -> bool {
        let mut search = Search {
            device,
            found: false,
        };
        // SAFETY: The host is one of `D` and not removed, by the requirements of this function, so
        // its tags are there and its commands are those of `D`. `search` outlives the call.
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
    /// `command` must be one of a host of `D`, and `search` must be a [`Search`] in no other use.
    unsafe extern "C" fn search_callback(
        command: *mut bindings::scsi_cmnd,
        search: *mut c_void,
    ) -> bool {
        // SAFETY: `command` is one of a host of `D`, and `search` a `Search` in no other use, by
        // the requirements of this callback.
        let (search, owner, device) = unsafe {
            (
                &mut *search.cast::<Search>(),
                Private::<D>::owner(NonNull::new_unchecked(command)),
                (*command).device,
            )
        };
        let is_there = search.device.is_null() || search.device == device;
        search.found |= is_there && owner.load(Ordering::Acquire) == owner::LATE;
        !search.found
    }
}

/// A search among the commands of a host for one that has timed out.
struct Search {
    device: *mut bindings::scsi_device,
    found: bool,
}

/// The result of an error handler.
fn disposition(is_done: bool) -> c_int {
    let disposition = if is_done {
        bindings::scsi_disposition_SUCCESS
    } else {
        bindings::scsi_disposition_FAILED
    };
    disposition as c_int
}
