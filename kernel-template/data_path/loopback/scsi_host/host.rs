// SPDX-License-Identifier: GPL-2.0-only

//! SCSI hosts: creation, devices, and removal.
//!
//! C header: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h)

use core::{
    mem,
    ptr::NonNull, //
};

use kernel::{
    error::to_result,
    ffi::c_int,
    prelude::*,
    str::CString, //
};

use super::{
    command::CDB_MAX,
    host_data::HostData,
    parent_device::ParentDevice,
    Driver,
    Template, //
};
use crate::{
    bindings,
    target::atomic::{Atomic, Relaxed}, //
};

/// A SCSI host. Dropping it removes the host and its devices.
///
/// # Invariants
///
/// `inner` is a host with the template of `D`, added to the midlayer. It holds a reference to the
/// module of the template. Its `HostData` points to `data`.
pub(crate) struct Host<D: Driver> {
    inner: NonNull<bindings::Scsi_Host>,
    data: Pin<KBox<D::Data>>,
    _parent: ParentDevice,
}

// SAFETY: The midlayer accesses the fields of a host under locks of its own, and any thread may
// remove a host. The data are `Send`.
unsafe impl<D: Driver> Send for Host<D> {}

// SAFETY: The midlayer accesses the fields of a host under locks of its own. The data are `Sync`.
unsafe impl<D: Driver> Sync for Host<D> {}

impl<D: Driver> Host<D> {
    /// Creates a host with target identifiers up to `max_id`, and adds it to the midlayer.
    ///
    /// # Errors
    ///
    /// Returns [`ENODEV`] if the template is not prepared, the error of `data` or of the midlayer,
    /// or [`ENOMEM`].
    pub(crate) fn new(
        template: &'static Template<D>,
        max_id: u32,
        data: impl PinInit<D::Data, Error>,
    ) -> Result<Self> {
        static NUMBER: Atomic<u32> = Atomic::new(0);
        let template = template.as_ptr()?;
        let data = KBox::pin_init(data, GFP_KERNEL)?;
        let number = NUMBER.fetch_add(1, Relaxed);
        let driver = D::NAME.to_str().map_err(|_| EINVAL)?;
        let name = CString::try_from_fmt(format_args!("{driver}.{number}"))?;
        let parent = ParentDevice::new(&name)?;
        let size = mem::size_of::<HostData<D>>() as c_int;
        // SAFETY: The template is prepared, by `as_ptr`, and static, so it outlives the host.
        let host = unsafe { bindings::scsi_host_alloc(template, size) };
        let host = NonNull::new(host).ok_or(ENOMEM)?;
        // SAFETY: The host was allocated above, with `size` bytes of `hostdata`.
        unsafe { HostData::<D>::of(host).write(HostData::<D>::new(&*data)) };
        // SAFETY: The host was allocated above, and is not added yet.
        unsafe { Self::set_limits(host, max_id) };
        let device = parent.as_raw();
        // SAFETY: The host is initialized. `parent` keeps the device registered until the host is
        // removed.
        let status = unsafe { bindings::scsi_add_host_with_dma(host.as_ptr(), device, device) };
        if let Err(error) = to_result(status) {
            // SAFETY: The reference is the one from `scsi_host_alloc`. The host was not added, so
            // it is in no other use.
            unsafe { bindings::scsi_host_put(host.as_ptr()) };
            return Err(error);
        }
        // SAFETY: The template is that of this module, whose code is running, so it is loaded. The
        // reference keeps it loaded even if the host is leaked.
        unsafe { bindings::tcm_nab5000_module_get((*template).module) };
        Ok(Self {
            inner: host,
            data,
            _parent: parent,
        })
    }

    /// Sets the limits and capabilities of a host.
    ///
    /// # Safety
    ///
    /// The host must be allocated, and must not be added yet.
    unsafe fn set_limits(host: NonNull<bindings::Scsi_Host>, max_id: u32) {
        let host = host.as_ptr();
        let protection = bindings::scsi_host_prot_capabilities_SHOST_DIF_TYPE1_PROTECTION
            | bindings::scsi_host_prot_capabilities_SHOST_DIF_TYPE2_PROTECTION
            | bindings::scsi_host_prot_capabilities_SHOST_DIF_TYPE3_PROTECTION
            | bindings::scsi_host_prot_capabilities_SHOST_DIX_TYPE1_PROTECTION
            | bindings::scsi_host_prot_capabilities_SHOST_DIX_TYPE2_PROTECTION
            | bindings::scsi_host_prot_capabilities_SHOST_DIX_TYPE3_PROTECTION;
        // SAFETY: The host is allocated and not added yet, by the requirements of this function, so
        // it is in no other use.
        unsafe {
            (*host).max_id = max_id.saturating_add(1);
            (*host).max_lun = u64::MAX;
            (*host).max_cmd_len = CDB_MAX as u16;
            // One queue for each processor. The queues share tags and command memory.
            (*host).nr_hw_queues = bindings::tcm_nab5000_num_online_cpus();
            (*host).set_host_tagset(1);
            (*host).prot_capabilities = protection;
            (*host).prot_guard_type = bindings::scsi_host_guard_type_SHOST_DIX_GUARD_CRC as u8;
        }
    }

    /// Returns the driver's data.
    pub(crate) fn data(&self) -> &D::Data {
        &self.data
    }

    /// Returns the number of the host.
    pub(crate) fn number(&self) -> u32 {
        // SAFETY: The host is alive until this is dropped, and its number does not change.
        unsafe { (*self.inner.as_ptr()).host_no }
    }

    /// Adds the device of a logical unit. Called in process context; sends commands.
    ///
    /// # Errors
    ///
    /// Returns [`ENODEV`] if the logical unit does not exist, [`ENOMEM`].
    pub(crate) fn add_device(&self, id: u32, lun: u64) -> Result {
        // SAFETY: The host is added, by the type's invariants.
        to_result(unsafe { bindings::scsi_add_device(self.inner.as_ptr(), 0, id, lun) })
    }

    /// Removes a device after its commands have ended. Called in process context; sends commands.
    ///
    /// # Errors
    ///
    /// Returns [`ENODEV`] if the device does not exist.
    pub(crate) fn remove_device(&self, id: u32, lun: u64) -> Result {
        // SAFETY: The host is added, by the type's invariants.
        let device = unsafe { bindings::scsi_device_lookup(self.inner.as_ptr(), 0, id, lun) };
        if device.is_null() {
            return Err(ENODEV);
        }
        // SAFETY: The lookup has taken a reference to the device, which is dropped here.
        unsafe {
            bindings::scsi_remove_device(device);
            bindings::scsi_device_put(device);
        }
        Ok(())
    }
}

impl<D: Driver> Drop for Host<D> {
    fn drop(&mut self) {
        let host = self.inner.as_ptr();
        // A process that has a device open can still reset it (`SG_SCSI_RESET`). The removal of the
        // host does not wait for that reset, and frees the tags that the error handler searches.
        // SAFETY: The host is alive until `scsi_host_put` below, and `new` has written its
        // `hostdata`.
        unsafe { &*HostData::<D>::of(self.inner) }.refuse_resets();
        // SAFETY: The host is added, by the type's invariants. The call waits for the commands of
        // all devices, whose error handlers end before them, and resets by user space are refused.
        // So no callback uses `data` after it.
        unsafe { bindings::scsi_remove_host(host) };
        // SAFETY: The reference to the host is the one from `scsi_host_alloc`, that to the module
        // is the one from `new`. The caller pins the module as well, so this code is not unloaded.
        unsafe {
            let module = (*(*host).hostt).module;
            bindings::scsi_host_put(host);
            bindings::tcm_nab5000_module_put(module);
        }
    }
}
