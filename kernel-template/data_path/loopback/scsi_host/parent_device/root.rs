// SPDX-License-Identifier: GPL-2.0-only

//! The parent device of a SCSI host without hardware: a root device, for kernels without the faux
//! bus.
//!
//! C header: [`include/linux/device.h`](srctree/include/linux/device.h)

use core::ptr::{self, NonNull};

use kernel::{error::from_err_ptr, prelude::*};

use crate::bindings;

/// A device without hardware, registered until it is dropped.
///
/// # Invariants
///
/// The device is registered.
pub(in crate::scsi_host) struct ParentDevice(NonNull<bindings::device>);

// SAFETY: The driver core accesses the fields of a device under locks of its own, and any thread
// may unregister a device.
unsafe impl Send for ParentDevice {}

// SAFETY: The driver core accesses the fields of a device under locks of its own.
unsafe impl Sync for ParentDevice {}

impl ParentDevice {
    /// Registers a device with a unique name.
    ///
    /// # Errors
    ///
    /// Returns the error of the driver core.
    pub(in crate::scsi_host) fn new(name: &CStr) -> Result<Self> {
        // SAFETY: The name ends with NUL, and is copied. The owner may be null: it is only for a
        // link in sysfs.
        let device =
            unsafe { bindings::__root_device_register(name.as_char_ptr(), ptr::null_mut()) };
        NonNull::new(from_err_ptr(device)?).map(Self).ok_or(ENOMEM)
    }

    /// Returns the device.
    pub(in crate::scsi_host) fn as_raw(&self) -> *mut bindings::device {
        self.0.as_ptr()
    }
}

impl Drop for ParentDevice {
    fn drop(&mut self) {
        // SAFETY: The device is registered, by the type's invariants, and is unregistered here
        // once.
        unsafe { bindings::root_device_unregister(self.0.as_ptr()) };
    }
}
