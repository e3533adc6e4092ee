// SPDX-License-Identifier: GPL-2.0-only

//! Tasks: a command or a task management function, where target core does not say which, and
//! counted references to them.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::{
    marker::PhantomData,
    mem,
    ops::Deref,
    ptr,
    ptr::NonNull,
    sync::atomic::{AtomicI32, Ordering}, //
};

use kernel::types::Opaque;

use crate::{
    bindings,
    target::{
        cmd::{flags, SeCmd},
        Cmd,
        Operations,
        Tmr, //
    },
};

/// A counted reference to a command or a task management function.
///
/// # Invariants
///
/// The object is alive, and one of its references belongs to this.
pub struct Reference<O: SeCmd>(NonNull<O>);

// SAFETY: A reference may be dropped by any thread.
unsafe impl<O: SeCmd> Send for Reference<O> {}

// SAFETY: What can be done with the object through shared references may be done by any thread.
unsafe impl<O: SeCmd> Sync for Reference<O> {}

impl<O: SeCmd> Reference<O> {
    /// Makes a reference of one that target core has counted.
    ///
    /// # Safety
    ///
    /// `ptr` must be alive, and one of its references belong to the caller, who gives it away.
    pub(super) unsafe fn from_raw(ptr: *mut bindings::se_cmd) -> Self {
        // SAFETY: By the requirements of this function the pointer is not null.
        Self(unsafe { NonNull::new_unchecked(ptr.cast()) })
    }

    /// Drops the reference, and says whether it was the last.
    pub fn put(self) -> bool {
        let ptr = self.0.as_ptr().cast();
        mem::forget(self);
        // SAFETY: By the type's invariants the reference may be dropped, once: it is forgotten.
        unsafe { bindings::target_put_sess_cmd(ptr) != 0 }
    }
}

impl<O: SeCmd> Deref for Reference<O> {
    type Target = O;

    fn deref(&self) -> &O {
        // SAFETY: By the type's invariants the object is alive.
        unsafe { self.0.as_ref() }
    }
}

impl<O: SeCmd> Drop for Reference<O> {
    fn drop(&mut self) {
        // SAFETY: By the type's invariants the reference may be dropped.
        unsafe { bindings::target_put_sess_cmd(self.0.as_ptr().cast()) };
    }
}

/// A command or a task management function: where target core does not say which.
#[repr(transparent)]
pub struct Task<T: Operations>(Opaque<bindings::se_cmd>, PhantomData<T>);

// SAFETY: The type is transparent.
unsafe impl<T: Operations> SeCmd for Task<T> {}

/// What a [`Task`] is.
pub enum TaskKind<'a, T: Operations> {
    /// A command.
    Cmd(&'a Cmd<T>),
    /// A task management function.
    Tmr(&'a Tmr<T>),
}

impl<T: Operations> Task<T> {
    /// Borrows the task.
    ///
    /// # Safety
    ///
    /// `ptr` must be a command or task management function of this fabric, and not be released
    /// while `'a` lasts.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_cmd) -> &'a Self {
        // SAFETY: The type is transparent; by the requirements of this function.
        unsafe { &*ptr.cast() }
    }

    /// Whether this is a task management function.
    pub fn is_tmr(&self) -> bool {
        flags(self) & bindings::se_cmd_flags_table_SCF_SCSI_TMR_CDB != 0
    }

    /// What this is.
    pub fn kind(&self) -> TaskKind<'_, T> {
        if self.is_tmr() {
            // SAFETY: The flag says that `submit_tmr` has submitted this.
            TaskKind::Tmr(unsafe { Tmr::from_raw(self.0.get()) })
        } else {
            // SAFETY: Without the flag `submit` has submitted this.
            TaskKind::Cmd(unsafe { Cmd::from_raw(self.0.get()) })
        }
    }

    /// Undoes beforehand what target core does next to a task that it aborts: drop the driver's
    /// reference for it, whether the driver has dropped it or not. A [`Reference`] does that.
    ///
    /// # Safety
    ///
    /// May be called in the op `aborted_task` alone, once.
    pub(super) unsafe fn keep_reference(&self) {
        if flags(self) & bindings::se_cmd_flags_table_SCF_ACK_KREF == 0 {
            return;
        }
        // SAFETY: The task is alive, and `kref` is a counter that is only changed atomically.
        let count = unsafe {
            let kref = ptr::addr_of_mut!((*self.0.get()).cmd_kref.refcount.refs.counter);
            AtomicI32::from_ptr(kref)
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}
