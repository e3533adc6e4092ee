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
    command::{owner, Command, HostByte, Noted, Private},
    Driver,
    Host, //
};
use crate::bindings;

/// The result of `queuecommand` for a command that it does not accept now. The midlayer takes any
/// value that it does not know for `SCSI_MLQUEUE_HOST_BUSY`.
const BUSY: u8 = 1;

/// The functions that the midlayer calls.
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
        // SAFETY: `command` has private memory of this type, by the requirements of this callback,
        // and nobody uses it before it is made.
        unsafe {
            let private = Private::<D>::of(NonNull::new_unchecked(command));
            ptr::addr_of_mut!((*private).owner).write(AtomicU32::new(owner::MIDLAYER));
        }
        0
    }

    /// Called by the midlayer for a new command. `Status` is the type of the result, which depends
    /// on the kernel: `int` or an enum. 0 means that the command is accepted.
    ///
    /// # Safety
    ///
    /// `host` must be a host of `D`, and `command` one of its commands, which the midlayer passes
    /// to the driver.
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
        // SAFETY: `command` is one of a host of `D`, by the requirements of this callback, and is
        // so at least until it is returned.
        let owner = unsafe { Private::<D>::owner(command) };
        let taken = owner.compare_exchange(
            owner::MIDLAYER,
            owner::DRIVER,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        if taken.is_err() {
            // The command has timed out and is still with the driver; error recovery tries to reuse
            // it for a command of its own.
            return Status::from(BUSY);
        }
        // SAFETY: The driver has just become the owner. A command without another response ends
        // with this one.
        unsafe { Command::<D>::note(command, Noted::new(HostByte::RESET.result())) };
        // SAFETY: `host` is a host of `D`, by the requirements of this callback. The midlayer waits
        // for its calls of this callback before it removes a device.
        let data = unsafe { Host::<D>::data_of(host) };
        D::queuecommand(data, Command(command, PhantomData));
        Status::from(0)
    }
}
