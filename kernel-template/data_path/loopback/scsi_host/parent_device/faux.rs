// SPDX-License-Identifier: GPL-2.0-only

//! The device that a SCSI host hangs below: one on the faux bus, there being no hardware.
//!
//! C header: [`include/linux/device/faux.h`](srctree/include/linux/device/faux.h)

use core::{mem, ptr};

use kernel::{faux, prelude::*};

use crate::bindings;

/// A device without hardware, registered until it is dropped.
pub(in crate::scsi_host) struct ParentDevice(faux::Registration);

impl ParentDevice {
    /// Registers a device of this name, which must be the only one.
    ///
    /// # Errors
    ///
    /// [`ENODEV`] if the driver core refuses it.
    pub(in crate::scsi_host) fn new(name: &CStr) -> Result<Self> {
        faux::Registration::new(name, None).map(Self)
    }

    /// The device.
    pub(in crate::scsi_host) fn as_raw(&self) -> *mut bindings::device {
        // What the registration refers to is the faux device or the device in it, by the kernel.
        const _: () = assert!(mem::offset_of!(bindings::faux_device, dev) == 0);
        ptr::from_ref(self.0.as_ref()).cast_mut().cast()
    }
}
