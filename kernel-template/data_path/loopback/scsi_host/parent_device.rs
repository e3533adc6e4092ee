// SPDX-License-Identifier: GPL-2.0-only

//! The parent device of a SCSI host: a device on the faux bus if the kernel crate has it, else a
//! root device.

#[cfg(kernel_has_faux)]
mod faux;
#[cfg(not(kernel_has_faux))]
mod root;

#[cfg(kernel_has_faux)]
pub(super) use faux::ParentDevice;
#[cfg(not(kernel_has_faux))]
pub(super) use root::ParentDevice;
