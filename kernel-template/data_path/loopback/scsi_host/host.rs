// SPDX-License-Identifier: GPL-2.0-only

//! SCSI hosts: their devices, their data, and their end.
//!
//! C header: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h)

use core::{
    mem,
    ptr::{self, NonNull},
    sync::atomic::{AtomicU32, Ordering}, //
};

use kernel::{
    error::to_result,
    ffi::c_int,
    prelude::*,
    str::CString, //
};

use super::{
    command::CDB_MAX,
    parent_device::ParentDevice,
    Driver,
    Template, //
};
use crate::bindings;

/// The interval at which a wait checks its condition, in milliseconds.
pub(super) const RECOVERY_POLL: u32 = 20;

/// A SCSI host. Dropping it removes its devices.
///
/// # Invariants
///
/// `inner` is added to the midlayer, made from the template of `D`, whose module it holds, and its
/// `HostData` point to `data`.
pub(crate) struct Host<D: Driver> {
    inner: NonNull<bindings::Scsi_Host>,
    data: Pin<KBox<D::Data>>,
    _parent: ParentDevice,
}

// SAFETY: The midlayer locks what it changes of a host, any thread may remove one, and the data are
// `Send`.
unsafe impl<D: Driver> Send for Host<D> {}

// SAFETY: The midlayer locks what it changes of a host, and the data are `Sync`.
unsafe impl<D: Driver> Sync for Host<D> {}

/// The memory behind a `struct Scsi_Host`, which lives as long as that. An open device may keep it
/// alive, and have its error handlers called, after the host is removed.
#[repr(C)]
struct HostData<D: Driver> {
    data: *const D::Data,
    /// The number of error handlers that use the host, and the flag [`GONE`].
    handlers: AtomicU32,
}

/// The flag that a host is about to be removed.
const GONE: u32 = 1 << 31;

/// The data of a host, borrowed by an error handler. The host is not removed before the guard is
/// dropped.
pub(super) struct HandlerGuard<'a, D: Driver> {
    pub(super) data: &'a D::Data,
    handlers: &'a AtomicU32,
}

impl<D: Driver> Drop for HandlerGuard<'_, D> {
    fn drop(&mut self) {
        self.handlers.fetch_sub(1, Ordering::Release);
    }
}

impl<D: Driver> Host<D> {
    /// Makes a host with targets up to the number `max_id`, and adds it.
    ///
    /// # Errors
    ///
    /// [`ENODEV`] if the template is not prepared, the error of `data` or of the midlayer, or
    /// [`ENOMEM`].
    pub(crate) fn new(
        template: &'static Template<D>,
        max_id: u32,
        data: impl PinInit<D::Data, Error>,
    ) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let template = template.as_ptr()?;
        let data = KBox::pin_init(data, GFP_KERNEL)?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let driver = D::NAME.to_str().map_err(|_| EINVAL)?;
        let name = CString::try_from_fmt(format_args!("{driver}.{number}"))?;
        let parent = ParentDevice::new(&name)?;
        let size = mem::size_of::<HostData<D>>() as c_int;
        // SAFETY: The template is ready, by `as_ptr`, and static, so it outlives the host.
        let host = unsafe { bindings::scsi_host_alloc(template, size) };
        let host = NonNull::new(host).ok_or(ENOMEM)?;
        // SAFETY: The host has just been allocated, with `size` bytes behind it for this.
        unsafe {
            Self::host_data(host).write(HostData {
                data: ptr::from_ref(&*data),
                handlers: AtomicU32::new(0),
            })
        };
        // SAFETY: The host has just been allocated, and is not added yet.
        unsafe { Self::set_limits(host, max_id) };
        let device = parent.as_raw();
        // SAFETY: The host is complete. `parent` keeps the device registered until the host is
        // removed.
        let status = unsafe { bindings::scsi_add_host_with_dma(host.as_ptr(), device, device) };
        if let Err(error) = to_result(status) {
            // SAFETY: The reference is the one that `scsi_host_alloc` returned. Nobody else knows
            // of the host, which was not added.
            unsafe { bindings::scsi_host_put(host.as_ptr()) };
            return Err(error);
        }
        // SAFETY: The template is that of this module, which is loaded, since it runs. With this
        // reference it stays loaded even if the host is leaked.
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
    /// The host must be allocated, and not be added yet.
    unsafe fn set_limits(host: NonNull<bindings::Scsi_Host>, max_id: u32) {
        let host = host.as_ptr();
        let protection = bindings::scsi_host_prot_capabilities_SHOST_DIF_TYPE1_PROTECTION
            | bindings::scsi_host_prot_capabilities_SHOST_DIF_TYPE2_PROTECTION
            | bindings::scsi_host_prot_capabilities_SHOST_DIF_TYPE3_PROTECTION
            | bindings::scsi_host_prot_capabilities_SHOST_DIX_TYPE1_PROTECTION
            | bindings::scsi_host_prot_capabilities_SHOST_DIX_TYPE2_PROTECTION
            | bindings::scsi_host_prot_capabilities_SHOST_DIX_TYPE3_PROTECTION;
        // SAFETY: The host is allocated and not added yet, by the requirements of this function, so
        // nobody else uses it.
        unsafe {
            (*host).max_id = max_id.saturating_add(1);
            (*host).max_lun = u64::MAX;
            (*host).max_cmd_len = CDB_MAX as u16;
            // A queue for each processor, which share the tags and the memory of the commands.
            (*host).nr_hw_queues = bindings::tcm_nab5000_num_online_cpus();
            (*host).set_host_tagset(1);
            (*host).prot_capabilities = protection;
            (*host).prot_guard_type = bindings::scsi_host_guard_type_SHOST_DIX_GUARD_CRC as u8;
        }
    }

    /// The memory behind a host.
    ///
    /// # Safety
    ///
    /// The host must be allocated, with room for it.
    unsafe fn host_data(host: NonNull<bindings::Scsi_Host>) -> *mut HostData<D> {
        // SAFETY: The host is allocated with room behind it, by the requirements of this function:
        // the place lies in the same allocation.
        unsafe { ptr::addr_of_mut!((*host.as_ptr()).hostdata).cast() }
    }

    /// Borrows the data of a host.
    ///
    /// # Safety
    ///
    /// The host must be one of `D`, and not be removed while `'a` lasts.
    pub(super) unsafe fn data_of<'a>(host: NonNull<bindings::Scsi_Host>) -> &'a D::Data {
        // SAFETY: The host is one of `D`, by the requirements of this function, so `new` has
        // written the pointer. The data are only shared until the host is removed.
        unsafe { &*(*Self::host_data(host)).data }
    }

    /// Borrows the data of a host for the error handler of `command`, unless the host goes away and
    /// the command is one that does not keep it: a reset by user space.
    ///
    /// # Safety
    ///
    /// The command must be one of a host of `D` that is not freed while `'a` lasts. The host may be
    /// removed.
    pub(super) unsafe fn enter<'a>(
        command: NonNull<bindings::scsi_cmnd>,
    ) -> Option<HandlerGuard<'a, D>> {
        // SAFETY: The command belongs to a host that is not freed, by the requirements of this
        // function. A command has a device, which has a host.
        let (host, submitter) = unsafe {
            let command = command.as_ptr();
            ((*(*command).device).host, (*command).submitter)
        };
        // SAFETY: `host` is the host of the command, one of `D` and not freed, so `new` has written
        // the memory behind it.
        let HostData { data, handlers } =
            unsafe { &*Self::host_data(NonNull::new_unchecked(host)) };
        let before = handlers.fetch_add(1, Ordering::Acquire);
        if before & GONE != 0
            && submitter == bindings::scsi_cmnd_submitter_SUBMITTED_BY_SCSI_RESET_IOCTL
        {
            handlers.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(HandlerGuard {
            // SAFETY: `Host`'s drop waits until no handler is counted, and then for every command
            // but that of a reset by user space, which is refused above.
            data: unsafe { &**data },
            handlers,
        })
    }

    /// The driver's data.
    pub(crate) fn data(&self) -> &D::Data {
        &self.data
    }

    /// The host's number.
    pub(crate) fn number(&self) -> u32 {
        // SAFETY: The host is there until this is dropped, and its number does not change.
        unsafe { (*self.inner.as_ptr()).host_no }
    }

    /// Adds a device, if there is a logical unit. Called in process context; sends commands.
    ///
    /// # Errors
    ///
    /// [`ENODEV`] if there is no logical unit, [`ENOMEM`].
    pub(crate) fn add_device(&self, id: u32, lun: u64) -> Result {
        // SAFETY: The host is added, by the type's invariants.
        to_result(unsafe { bindings::scsi_add_device(self.inner.as_ptr(), 0, id, lun) })
    }

    /// Removes a device, once its commands have ended. Called in process context; sends commands.
    ///
    /// # Errors
    ///
    /// [`ENODEV`] if there is no such device.
    pub(crate) fn remove_device(&self, id: u32, lun: u64) -> Result {
        // SAFETY: The host is added, by the type's invariants.
        let device = unsafe { bindings::scsi_device_lookup(self.inner.as_ptr(), 0, id, lun) };
        if device.is_null() {
            return Err(ENODEV);
        }
        // SAFETY: The lookup has taken a reference, which is dropped here.
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
        // host does not wait for that, and frees the tags that the handler searches.
        // SAFETY: The host is there until `scsi_host_put` below, and `new` has written the memory
        // behind it.
        let handlers = unsafe { &(*Self::host_data(self.inner)).handlers };
        handlers.fetch_or(GONE, Ordering::AcqRel);
        while handlers.load(Ordering::Acquire) != GONE {
            // SAFETY: A host is dropped in process context, which may sleep.
            unsafe { bindings::msleep(RECOVERY_POLL) };
        }
        // SAFETY: The host is added, by the type's invariants. Once it is removed, no more commands
        // are queued, and none is left to error recovery.
        unsafe { bindings::scsi_remove_host(host) };
        // SAFETY: The reference is the one that `scsi_host_alloc` returned, the module's is the one
        // that `new` took. The module is not unloaded under this code, whose caller holds it, too.
        unsafe {
            let module = (*(*host).hostt).module;
            bindings::scsi_host_put(host);
            bindings::tcm_nab5000_module_put(module);
        }
    }
}
