// SPDX-License-Identifier: GPL-2.0-only

//! The device that a SCSI host hangs below: a root device, there being no hardware and, in this
//! kernel, no faux bus.
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

// SAFETY: The driver core locks what it changes of a device, which any thread may unregister.
unsafe impl Send for ParentDevice {}

// SAFETY: The driver core locks what it changes of a device.
unsafe impl Sync for ParentDevice {}

impl ParentDevice {
    /// Registers a device of this name, which must be the only one.
    ///
    /// # Errors
    ///
    /// What the driver core refuses it with.
    pub(in crate::scsi_host) fn new(name: &CStr) -> Result<Self> {
        // SAFETY: The name ends with NUL, and is copied. The owner is only for a link in sysfs.
        let device =
            unsafe { bindings::__root_device_register(name.as_char_ptr(), ptr::null_mut()) };
        NonNull::new(from_err_ptr(device)?).map(Self).ok_or(ENOMEM)
    }

    /// The device.
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
