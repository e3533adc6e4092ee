// SPDX-License-Identifier: GPL-2.0-only

//! Tasks, the common C struct of commands and task management functions, and counted references.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::{
    marker::PhantomData,
    ops::Deref,
    ptr,
    ptr::NonNull, //
};

use kernel::types::Opaque;

use crate::{
    bindings,
    target::{
        cmd::{flags, se_cmd, SeCmd},
        compat::Refcount,
        tmr::Tmr,
        Cmd,
        Operations, //
    },
};

/// A counted reference to a command. Dropping the last one releases the command. Dropped in any
/// context, hard interrupts included: target core drops its own references there.
///
/// # Invariants
///
/// The object is alive. The value owns one of its references.
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
    /// `ptr` must be alive. The caller must own a reference to it, which it gives up.
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
        // SAFETY: The value owns a reference, by the type's invariants, which is dropped here once.
        unsafe { bindings::target_put_sess_cmd(self.0.as_ptr().cast()) };
    }
}

/// Returns the reference count of a command.
pub(super) fn references<O: SeCmd>(object: &O) -> &Refcount {
    // SAFETY: The object begins with a `struct se_cmd`, by the contract of `SeCmd`, and is alive
    // while it is borrowed. A `Refcount` is a transparent wrapper of the `refcount_t` in a `kref`.
    unsafe { &*ptr::addr_of_mut!((*se_cmd(object)).cmd_kref.refcount).cast() }
}

/// Takes a reference to a command. The caller must hold a reference, or know of one.
pub(super) fn count<O: SeCmd>(object: &O) {
    references(object).inc();
}

/// A command or a task management function: target core has a `struct se_cmd` for both.
#[repr(transparent)]
pub struct Task<T: Operations>(Opaque<bindings::se_cmd>, PhantomData<T>);

// SAFETY: The type is a transparent wrapper of a `struct se_cmd`. Its methods only read fields that
// any thread may read.
unsafe impl<T: Operations> SeCmd for Task<T> {}

/// A task that was aborted without a response.
pub enum Aborted<'a, T: Operations> {
    /// A command.
    Cmd(&'a Cmd<T>),
    /// The driver's data of a task management function.
    Tmr(T::Tmr),
}

impl<T: Operations> Task<T> {
    /// Borrows a task.
    ///
    /// # Safety
    ///
    /// `ptr` must be a command or task management function of this fabric that is not released
    /// during `'a`.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_cmd) -> &'a Self {
        // SAFETY: `ptr` is a task that is not released during `'a`, by the requirements of this
        // function. The type is transparent.
        unsafe { &*ptr.cast() }
    }

    /// Returns true if this is a task management function.
    pub fn is_tmr(&self) -> bool {
        flags(self) & bindings::se_cmd_flags_table_SCF_SCSI_TMR_CDB != 0
    }

    /// Returns the command, or `None` if this is a task management function.
    pub fn cmd(&self) -> Option<&Cmd<T>> {
        if self.is_tmr() {
            return None;
        }
        // SAFETY: Without the flag this is a command, submitted by `submit`. It is alive while the
        // task is borrowed.
        Some(unsafe { Cmd::from_raw(self.0.get()) })
    }

    /// Calls the driver's op `aborted_task`.
    ///
    /// # Safety
    ///
    /// Must be called at most once, and only in the op `aborted_task`.
    pub(super) unsafe fn abort(&self, op: impl FnOnce(Aborted<'_, T>)) {
        match self.cmd() {
            Some(cmd) => op(Aborted::Cmd(cmd)),
            None => {
                // SAFETY: This is a task management function, alive while it is borrowed. Target
                // core responds to it or aborts it once, so no other op takes the data
                // concurrently.
                if let Some(data) = unsafe { Tmr::<T>::take(self.0.get()) } {
                    op(Aborted::Tmr(data));
                }
            }
        }
    }
}

/// Drops target core's reference to a completed task, for the op `check_stop_free`. Returns true if
/// it was the last one.
///
/// # Safety
///
/// Target core must have called the op for `ptr`, which passes a reference to the op. This function
/// must be called once for each such call.
#[inline]
pub(super) unsafe fn put_complete(ptr: *mut bindings::se_cmd) -> bool {
    // SAFETY: Target core has passed a reference to `ptr` to the op, by the requirements of this
    // function. It is dropped here.
    unsafe { bindings::target_put_sess_cmd(ptr) != 0 }
}
