// SPDX-License-Identifier: GPL-2.0-only

//! Callbacks of the midlayer for new commands, and the results of callbacks that are enums in C.
//!
//! With kCFI, C calls a function only if its type is the one of C's declaration, where an enum is
//! its tag. bindgen has an integer for it. A `repr(C)` enum of that name has the type, and the ABI.
//!
//! C header: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h)

use core::{
    marker::PhantomData,
    ptr::{self, NonNull}, //
};

use kernel::ffi::{c_int, c_uint};

use super::{
    command::{owner, Command, Private},
    host_data::HostData,
    Driver, //
};
use crate::{
    bindings,
    target::atomic::{Atomic, Full}, //
};

/// Result of `queuecommand`.
#[allow(non_camel_case_types, reason = "the name is C's")]
#[repr(C)]
pub(super) enum scsi_qc_status {
    /// The command is accepted.
    Accepted = 0,
    /// The command cannot be accepted now. The midlayer treats any unknown value as
    /// `SCSI_MLQUEUE_HOST_BUSY`.
    Busy = 1,
}

impl From<bool> for scsi_qc_status {
    fn from(is_busy: bool) -> Self {
        if is_busy {
            Self::Busy
        } else {
            Self::Accepted
        }
    }
}

/// Result of `eh_timed_out`.
#[allow(non_camel_case_types, reason = "the name is C's")]
#[repr(C)]
pub(super) enum scsi_timeout_action {
    /// The driver is completing the command.
    Done = bindings::scsi_timeout_action_SCSI_EH_DONE as isize,
    /// The command is to be aborted.
    NotHandled = bindings::scsi_timeout_action_SCSI_EH_NOT_HANDLED as isize,
}

/// The integer that bindgen has for the result of `queuecommand`.
pub(super) trait QueueStatus {
    /// The type that C declares.
    type Declared: From<bool>;
}

/// Kernels before the enum.
impl QueueStatus for c_int {
    type Declared = Self;
}

impl QueueStatus for c_uint {
    type Declared = scsi_qc_status;
}

/// The type of `queuecommand`.
pub(super) type Queuecommand<Status> =
    unsafe extern "C" fn(*mut bindings::Scsi_Host, *mut bindings::scsi_cmnd) -> Status;

/// The type of `eh_timed_out`.
pub(super) type EhTimedOut<Action> = unsafe extern "C" fn(*mut bindings::scsi_cmnd) -> Action;

/// The callbacks of the host template.
pub(super) struct Callbacks<D>(PhantomData<D>);

impl<D: Driver> Callbacks<D> {
    /// Called by the midlayer when it allocates a command.
    ///
    /// # Safety
    ///
    /// `command` must have private memory of the size in the template.
    pub(super) unsafe extern "C" fn init_cmd_priv_callback(
        _: *mut bindings::Scsi_Host,
        command: *mut bindings::scsi_cmnd,
    ) -> c_int {
        // SAFETY: `command` has private memory of this type, by the requirements of this callback.
        // It is being allocated, so it is in no other use.
        unsafe {
            let private = Private::<D>::of(NonNull::new_unchecked(command));
            ptr::addr_of_mut!((*private).owner).write(Atomic::new(owner::MIDLAYER));
        }
        0
    }

    /// Called by the midlayer for a new command. Returns true as `Status` if the command cannot be
    /// accepted now.
    ///
    /// # Safety
    ///
    /// `host` must be a host of `D`. `command` must be one of its commands, which the midlayer
    /// passes to the driver.
    pub(super) unsafe extern "C" fn queuecommand_callback<Status: From<bool>>(
        host: *mut bindings::Scsi_Host,
        command: *mut bindings::scsi_cmnd,
    ) -> Status {
        // SAFETY: `host` is a host and `command` one of its commands, by the requirements of this
        // callback, so neither is null.
        let (host, command) = unsafe {
            (
                NonNull::new_unchecked(host),
                NonNull::new_unchecked(command),
            )
        };
        // SAFETY: `command` is a command of a host of `D`, by the requirements of this callback, at
        // least until it is returned.
        let owner = unsafe { Private::<D>::owner(command) };
        let taken = owner.cmpxchg(owner::MIDLAYER, owner::DRIVER, Full);
        if taken.is_err() {
            // The command has timed out and the driver still owns it. Error recovery is reusing it
            // for a command of its own.
            return Status::from(true);
        }
        // SAFETY: `command` is a command of a host of `D`, by the requirements of this callback.
        // The exchange above has made the driver the owner.
        let command = unsafe { Command::from_queue(command) };
        // SAFETY: `host` is a host of `D`, by the requirements of this callback. The midlayer waits
        // for calls of this callback before it removes a device.
        let data = unsafe { HostData::<D>::data_of(host) };
        D::queuecommand(data, command);
        Status::from(false)
    }
}
