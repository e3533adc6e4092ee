// SPDX-License-Identifier: GPL-2.0-only

//! The parent device of a SCSI host without hardware, on the faux bus.
//!
//! C header: [`include/linux/device/faux.h`](srctree/include/linux/device/faux.h)

use core::{mem, ptr};

use kernel::{faux, prelude::*};

use crate::bindings;

/// A device without hardware, registered until it is dropped.
pub(in crate::scsi_host) struct ParentDevice(faux::Registration);

impl ParentDevice {
    /// Registers a device with a unique name.
    ///
    /// # Errors
    ///
    /// Returns [`ENODEV`] if the driver core refuses it.
    pub(in crate::scsi_host) fn new(name: &CStr) -> Result<Self> {
        faux::Registration::new(name, None).map(Self)
    }

    /// Returns the device.
    pub(in crate::scsi_host) fn as_raw(&self) -> *mut bindings::device {
        // Depending on the kernel, the registration refers to the faux device or to its device.
        const _: () = assert!(mem::offset_of!(bindings::faux_device, dev) == 0);
        ptr::from_ref(self.0.as_ref()).cast_mut().cast()
    }
}
