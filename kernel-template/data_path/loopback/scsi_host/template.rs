// SPDX-License-Identifier: GPL-2.0-only

//! The host template of a driver: limits, and the callbacks of the midlayer.
//!
//! C header: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h)

use core::{
    marker::PhantomData,
    mem, //
};

use kernel::{
    ffi::{c_int, c_ulong},
    prelude::*,
    types::Opaque, //
};

use super::{
    callbacks::{scsi_timeout_action, Callbacks, EhTimedOut, QueueStatus, Queuecommand},
    command::Private,
    Driver, //
};
use crate::{
    bindings,
    target::atomic::{Acquire, Atomic, Release}, //
};

/// Queue depth of a host, and default queue depth of a device, in commands.
pub(crate) const QUEUE_DEPTH: u32 = 1024;

/// Maximum number of scatterlist entries of a command. An entry must not cross a page boundary,
/// since target core maps one page of an entry at a time: see `dma_boundary`.
const SCATTERLIST_MAX: u16 = 256;

/// Maximum data length of a command, in sectors of 512 bytes.
const SECTORS_MAX: u32 = 0xffff;

/// The host template of a driver: a static that all of its hosts share.
pub(crate) struct Template<D> {
    inner: Opaque<bindings::scsi_host_template>,
    claimed: Atomic<bool>,
    ready: Atomic<bool>,
    driver: PhantomData<D>,
}

// SAFETY: The template is written once, by the caller that has claimed it, before `ready` is set,
// and only read afterwards.
unsafe impl<D> Sync for Template<D> {}

impl<D: Driver> Template<D> {
    /// Creates a template, to be prepared.
    pub(crate) const fn new() -> Self {
        Self {
            inner: Opaque::uninit(),
            claimed: Atomic::new(false),
            ready: Atomic::new(false),
            driver: PhantomData,
        }
    }

    /// Prepares the template for hosts of `module`. An open device of a host pins the module.
    ///
    /// # Errors
    ///
    /// Returns [`EBUSY`] after an earlier call.
    pub(crate) fn prepare(&'static self, module: &'static ThisModule) -> Result {
        if self.claimed.xchg(true, Acquire) {
            return Err(EBUSY);
        }
        let template = self.inner.get();
        // SAFETY: This call has claimed the template, which is not ready, so it is in no other use.
        // Zeros are valid: no functions, null pointers, and integers. The pointers are to statics.
        unsafe {
            template.write_bytes(0, 1);
            (*template).module = module.as_ptr().cast();
            (*template).name = D::NAME.as_char_ptr();
            (*template).proc_name = D::NAME.as_char_ptr();
            (*template).queuecommand = Some(queuecommand::<D, _>());
            (*template).init_cmd_priv = Some(Callbacks::<D>::init_cmd_priv_callback);
            (*template).change_queue_depth = Some(bindings::scsi_change_queue_depth);
            (*template).eh_timed_out = Some(eh_timed_out::<D>());
            (*template).eh_abort_handler = Some(Callbacks::<D>::eh_abort_handler_callback);
            (*template).eh_device_reset_handler =
                Some(Callbacks::<D>::eh_device_reset_handler_callback);
            (*template).eh_host_reset_handler =
                Some(Callbacks::<D>::eh_host_reset_handler_callback);
            (*template).this_id = -1;
            (*template).can_queue = QUEUE_DEPTH as c_int;
            (*template).cmd_per_lun = QUEUE_DEPTH as i16;
            (*template).sg_tablesize = SCATTERLIST_MAX;
            (*template).max_sectors = SECTORS_MAX;
            (*template).dma_boundary = (kernel::page::PAGE_SIZE - 1) as c_ulong;
            (*template).cmd_size = mem::size_of::<Private<D>>() as u32;
            (*template).set_track_queue_depth(1);
        }
        self.ready.store(true, Release);
        Ok(())
    }

    /// Returns the template if it is prepared.
    pub(super) fn as_ptr(&'static self) -> Result<*mut bindings::scsi_host_template> {
        if self.ready.load(Acquire) {
            Ok(self.inner.get())
        } else {
            Err(ENODEV)
        }
    }
}

/// Returns the callback in the type of the bindings.
fn queuecommand<D: Driver, Status: QueueStatus>() -> Queuecommand<Status> {
    // SAFETY: The types differ in the result alone. For C it is an enum or an `int`, both of which
    // are passed as the integer of the bindings.
    unsafe {
        mem::transmute::<Queuecommand<Status::Declared>, Queuecommand<Status>>(
            Callbacks::<D>::queuecommand_callback,
        )
    }
}

/// Returns the callback in the type of the bindings.
fn eh_timed_out<D: Driver>() -> EhTimedOut<bindings::scsi_timeout_action> {
    // SAFETY: The types differ in the result alone. For C it is an enum, which is passed as the
    // integer of the bindings.
    unsafe {
        mem::transmute::<EhTimedOut<scsi_timeout_action>, EhTimedOut<_>>(
            Callbacks::<D>::eh_timed_out_callback,
        )
    }
}

impl<D: Driver> Default for Template<D> {
    fn default() -> Self {
        Self::new()
    }
}
