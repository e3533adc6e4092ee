// SPDX-License-Identifier: GPL-2.0-only

//! Callbacks of the midlayer for new commands.
//!
//! C header: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h)

use core::{
    marker::PhantomData,
    ptr::{self, NonNull},
    sync::atomic::{AtomicU32, Ordering}, //
};

use kernel::ffi::c_int;

use super::{
    command::{owner, Command, Private},
    host_data::HostData,
    Driver, //
};
use crate::bindings;

/// Result of `queuecommand` for a command that cannot be accepted now. The midlayer treats any
/// unknown value as `SCSI_MLQUEUE_HOST_BUSY`.
const BUSY: u8 = 1;

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
            ptr::addr_of_mut!((*private).owner).write(AtomicU32::new(owner::MIDLAYER));
        }
        0
    }

    /// Called by the midlayer for a new command. 0 accepts the command. `Status` is the return type
    /// of this kernel: `int` or an enum.
    ///
    /// # Safety
    ///
    /// `host` must be a host of `D`. `command` must be one of its commands, which the midlayer
    /// passes to the driver.
    pub(super) unsafe extern "C" fn queuecommand_callback<Status: From<u8>>(
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
        let taken = owner.compare_exchange(
            owner::MIDLAYER,
            owner::DRIVER,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        if taken.is_err() {
            // The command has timed out and the driver still owns it. Error recovery is reusing it
            // for a command of its own.
            return Status::from(BUSY);
        }
        // SAFETY: `command` is a command of a host of `D`, by the requirements of this callback. The
        // exchange above has made the driver the owner.
        let command = unsafe { Command::from_queue(command) };
        // SAFETY: `host` is a host of `D`, by the requirements of this callback. The midlayer waits
        // for calls of this callback before it removes a device.
        let data = unsafe { HostData::<D>::data_of(host) };
        D::queuecommand(data, command);
        Status::from(0)
    }
}
