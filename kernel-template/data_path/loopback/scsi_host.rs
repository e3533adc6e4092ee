// SPDX-License-Identifier: GPL-2.0-only

//! A SCSI host whose commands are submitted to target core.
//!
//! A [`Driver`] gets each command to a device of the host as an owned [`Command`]. Target core's
//! `struct se_cmd` lies in the private memory of the command, so submission allocates nothing. The
//! driver returns the command to the midlayer with [`Command::done`] or [`Command::fail`].
//!
//! The midlayer reuses the memory of a command once it is done, or once an error handler has
//! reported success for it. The error handlers therefore report success only after the driver has
//! returned the command, whatever the driver's own handlers return.
//!
//! C headers: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h),
//! [`include/scsi/scsi_cmnd.h`](srctree/include/scsi/scsi_cmnd.h)

use kernel::prelude::*;

use crate::target::Operations;

mod callbacks;
mod command;
mod error_handlers;
mod host;
mod host_data;
mod parent_device;
mod template;

pub(crate) use command::{Command, HostByte};
pub(crate) use host::Host;
pub(crate) use template::{Template, QUEUE_DEPTH};

/// A driver of SCSI hosts.
#[vtable]
pub(crate) trait Driver: Sized + 'static {
    /// Name of the driver in sysfs.
    const NAME: &'static CStr;

    /// Fabric that the commands are submitted to.
    type Fabric: Operations<CmdMemory = Command<Self>>;

    /// The driver's data of a host.
    type Data: Send + Sync;

    /// Queues a command. Called in process context or softirq: do not sleep.
    fn queuecommand(data: &Self::Data, command: Command<Self>);

    /// Aborts the timed-out command with this tag. Returns true on success. Called in process
    /// context.
    fn eh_abort_handler(data: &Self::Data, lun: u64, tag: u64) -> bool;

    /// Resets a logical unit, which ends all its commands. Returns true on success. Called in
    /// process context.
    fn eh_device_reset_handler(data: &Self::Data, lun: u64) -> bool;
}
