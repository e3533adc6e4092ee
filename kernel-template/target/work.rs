// SPDX-License-Identifier: GPL-2.0-only

//! The workqueues of a fabric, for calls to target core that the context of the driver does not
//! allow.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

use core::{
    ops::Deref,
    ptr::NonNull, //
};

use kernel::{
    bindings::init_work_with_key,
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings,
    target::{
        compat::alloc_workqueue_noprof,
        Operations, //
    },
};

/// A workqueue. Dropping it waits for its work.
pub(super) struct Workqueue(NonNull<bindings::workqueue_struct>);

// SAFETY: Any thread may queue work, and destroy the workqueue.
unsafe impl Send for Workqueue {}

// SAFETY: Any thread may queue work.
unsafe impl Sync for Workqueue {}

impl Workqueue {
    /// Creates a workqueue, with a thread of its own for when memory is short if `reclaims`.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    fn new(name: &CStr, reclaims: u32) -> Result<Self> {
        let flags = bindings::wq_flags_WQ_UNBOUND | reclaims;
        // SAFETY: The format takes one text that ends with NUL, which the workqueue copies.
        let queue = unsafe {
            let format = kernel::c_str!("%s").as_char_ptr();
            alloc_workqueue_noprof(format, flags, 0, name.as_char_ptr())
        };
        NonNull::new(queue).map(Self).ok_or(ENOMEM)
    }

    /// Initializes a work item and queues it. Called in any context.
    ///
    /// # Safety
    ///
    /// `work` must be valid for writes, and alive and in no other use until `call` is called, which
    /// must allow that.
    pub(super) unsafe fn queue_new(
        &self,
        work: *mut bindings::work_struct,
        call: unsafe extern "C" fn(*mut bindings::work_struct),
    ) {
        static KEY: LockClassKey = LockClassKey(Opaque::uninit());
        let name = kernel::c_str!("target work").as_char_ptr();
        // SAFETY: `work` is valid for writes, and stays alive, by the requirements of this
        // function.
        unsafe {
            init_work_with_key(work.cast(), None, false, name, KEY.0.get());
            (*work).func = Some(call);
            self.queue(work);
        }
    }

    /// Queues a work item. Called in any context.
    ///
    /// # Safety
    ///
    /// `work` must be initialized, and alive and in no other use until its function is called.
    pub(super) unsafe fn queue(&self, work: *mut bindings::work_struct) {
        let cpu = bindings::wq_misc_consts_WORK_CPU_UNBOUND;
        // SAFETY: The workqueue is alive while it is borrowed. `work` is initialized and stays
        // alive, by the requirements of this function.
        unsafe { bindings::queue_work_on(cpu as i32, self.0.as_ptr(), work) };
    }
}

impl Drop for Workqueue {
    fn drop(&mut self) {
        // SAFETY: The workqueue is alive, and not used any more.
        unsafe { bindings::destroy_workqueue(self.0.as_ptr()) };
    }
}

/// The lockdep class of the layer's work items.
struct LockClassKey(Opaque<kernel::bindings::lock_class_key>);

// SAFETY: lockdep uses the address of the key, and locks what it changes.
unsafe impl Sync for LockClassKey {}

/// The data of a fabric, and its workqueues.
#[pin_data]
pub(super) struct FabricData<T: Operations> {
    #[pin]
    data: T::Data,
    // Dropped last: they wait for the work that others have queued.
    /// Ends nexus and dependences. The end of a nexus waits for commands, so it may hold up no
    /// execution.
    pub(super) ends: Workqueue,
    /// Executes writes, also when memory is short.
    pub(super) queue: Workqueue,
}

impl<T: Operations> FabricData<T> {
    /// Creates the workqueues, and the data of the driver.
    ///
    /// # Errors
    ///
    /// Returns the error of [`Operations::init`], or [`ENOMEM`].
    pub(super) fn new(module: &'static ThisModule) -> Result<impl PinInit<Self, Error>> {
        let ends = Workqueue::new(T::NAME, 0)?;
        let queue = Workqueue::new(T::NAME, bindings::wq_flags_WQ_MEM_RECLAIM)?;
        let data = T::init(module)?;
        Ok(try_pin_init!(Self {
            data <- data,
            ends,
            queue,
        }))
    }
}

impl<T: Operations> Deref for FabricData<T> {
    type Target = T::Data;

    fn deref(&self) -> &T::Data {
        &self.data
    }
}
