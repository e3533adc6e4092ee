// SPDX-License-Identifier: GPL-2.0-only

//! Tasks, where target core uses one C struct for commands and for task management functions; and
//! counted references to commands.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::{
    marker::PhantomData,
    ops::Deref,
    ptr,
    ptr::NonNull,
    sync::atomic::{AtomicI32, Ordering}, //
};

use kernel::types::Opaque;

use crate::{
    bindings,
    target::{
        cmd::{flags, se_cmd, SeCmd},
        tmr::Tmr,
        Cmd,
        Operations, //
    },
};

/// A counted reference to a command. Dropped in any context but hard interrupts: the last one
/// releases the command.
///
/// # Invariants
///
/// The object is alive, and one of its references belongs to this.
pub struct Reference<O: SeCmd>(NonNull<O>);

// SAFETY: The count is atomic, and any thread may release the object, by the contract of `SeCmd`.
unsafe impl<O: SeCmd> Send for Reference<O> {}

// SAFETY: Any thread may use a shared reference to the object, by the contract of `SeCmd`.
unsafe impl<O: SeCmd> Sync for Reference<O> {}

impl<O: SeCmd> Reference<O> {
    /// Takes over a reference that target core has counted.
    ///
    /// # Safety
    ///
    /// `ptr` must be alive, and one of its references must belong to the caller, which gives it up.
    pub(super) unsafe fn from_raw(ptr: *mut bindings::se_cmd) -> Self {
        // SAFETY: `ptr` is alive, by the requirements of this function, so it is not null.
        Self(unsafe { NonNull::new_unchecked(ptr.cast()) })
    }
}

impl<O: SeCmd> Deref for Reference<O> {
    type Target = O;

    fn deref(&self) -> &O {
        // SAFETY: The object is alive, by the type's invariants.
        unsafe { self.0.as_ref() }
    }
}

impl<O: SeCmd> Drop for Reference<O> {
    fn drop(&mut self) {
        // SAFETY: One of the references belongs to this, by the type's invariants, and is dropped
        // here once.
        unsafe { bindings::target_put_sess_cmd(self.0.as_ptr().cast()) };
    }
}

/// The reference count of a command.
pub(super) fn references<O: SeCmd>(object: &O) -> &AtomicI32 {
    // SAFETY: The object begins with a `struct se_cmd`, by the contract of `SeCmd`, and is alive
    // while it is borrowed. `kref` is a counter that is only changed atomically.
    unsafe {
        let kref = ptr::addr_of_mut!((*se_cmd(object)).cmd_kref.refcount.refs.counter);
        AtomicI32::from_ptr(kref)
    }
}

/// Takes a reference to a command; the caller must know of one that keeps it alive.
pub(super) fn count<O: SeCmd>(object: &O) {
    references(object).fetch_add(1, Ordering::Relaxed);
}

/// A command or a task management function, in the `struct se_cmd` that target core uses for both.
#[repr(transparent)]
pub struct Task<T: Operations>(Opaque<bindings::se_cmd>, PhantomData<T>);

// SAFETY: The type is transparent, and has a `struct se_cmd` alone, of which its methods read what
// any thread may read.
unsafe impl<T: Operations> SeCmd for Task<T> {}

/// A task that was aborted without a response.
pub enum Aborted<'a, T: Operations> {
    /// A command.
    Cmd(&'a Cmd<T>),
    /// A task management function: the driver's data for it.
    Tmr(T::Tmr),
}

impl<T: Operations> Task<T> {
    /// Borrows the task.
    ///
    /// # Safety
    ///
    /// `ptr` must be a command or task management function of this fabric, and not be released
    /// while `'a` lasts.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_cmd) -> &'a Self {
        // SAFETY: `ptr` is a task that is not released while `'a` lasts, by the requirements of
        // this function. The type is transparent.
        unsafe { &*ptr.cast() }
    }

    /// Whether this is a task management function.
    pub fn is_tmr(&self) -> bool {
        flags(self) & bindings::se_cmd_flags_table_SCF_SCSI_TMR_CDB != 0
    }

    /// The command, unless this is a task management function.
    pub fn cmd(&self) -> Option<&Cmd<T>> {
        if self.is_tmr() {
            return None;
        }
        // SAFETY: Without the flag this is a command, which `submit` has submitted. It is alive
        // while the task is borrowed.
        Some(unsafe { Cmd::from_raw(self.0.get()) })
    }

    /// Calls the driver's op `aborted_task`.
    ///
    /// If the command was submitted with a reference for the driver, target core drops that after
    /// the op. Here the driver's [`Reference`] drops it, so one more is counted for target core.
    ///
    /// # Safety
    ///
    /// May be called in the op `aborted_task` alone, once.
    pub(super) unsafe fn abort(&self, op: impl FnOnce(Aborted<'_, T>)) {
        match self.cmd() {
            Some(cmd) => op(Aborted::Cmd(cmd)),
            None => {
                // SAFETY: This is a task management function, alive while it is borrowed. Target
                // core answers or aborts it once, so no other op takes the data.
                if let Some(data) = unsafe { Tmr::<T>::take(self.0.get()) } {
                    op(Aborted::Tmr(data));
                }
            }
        }
        if flags(self) & bindings::se_cmd_flags_table_SCF_ACK_KREF != 0 {
            count(self);
        }
    }
}

/// Drops target core's reference to a task that is complete, for the op `check_stop_free`; whether
/// that was the last.
///
/// # Safety
///
/// Target core must have called the op for `ptr`, and this be the only call of the function for it:
/// the op is given one of the references.
#[inline]
pub(super) unsafe fn put_complete(ptr: *mut bindings::se_cmd) -> bool {
    // SAFETY: Target core has given the op a reference to `ptr`, by the requirements of this
    // function, which is dropped here.
    unsafe { bindings::target_put_sess_cmd(ptr) != 0 }
}
