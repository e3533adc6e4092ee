// SPDX-License-Identifier: GPL-2.0-only

//! Writes that wait for their data.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::{
    mem,
    ops::Deref,
    ptr,
    ptr::NonNull, //
};

use crate::{
    bindings,
    target::{
        atomic::{atomic_load, Relaxed},
        payload::{Payload, PayloadMut},
        work::Workqueue,
        Cmd,
        Operations, //
    },
};

/// The reason for the failure of a write whose data do not arrive.
///
/// Each constant is a value of `enum tcm_sense_reason_table` that
/// `transport_generic_request_failure()` handles.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SenseReason(bindings::tcm_sense_reason_table);

impl SenseReason {
    /// ABORTED COMMAND, some bus device reset function occurred: the reason of a [`Pending`] that
    /// is dropped.
    pub const ABORT_CMD: Self =
        Self(bindings::tcm_sense_reason_table_TCM_CHECK_CONDITION_ABORT_CMD);
    /// NOT READY, logical unit communication failure. A Linux initiator fails the request; use
    /// [`Self::LUN_BUSY`] for one that is to be repeated.
    pub const COMMUNICATION_FAILURE: Self =
        Self(bindings::tcm_sense_reason_table_TCM_LOGICAL_UNIT_COMMUNICATION_FAILURE);
    /// ABORTED COMMAND, logical block guard check failed.
    pub const GUARD_CHECK_FAILED: Self =
        Self(bindings::tcm_sense_reason_table_TCM_LOGICAL_BLOCK_GUARD_CHECK_FAILED);
    /// ABORTED COMMAND, logical block application tag check failed.
    pub const APP_TAG_CHECK_FAILED: Self =
        Self(bindings::tcm_sense_reason_table_TCM_LOGICAL_BLOCK_APP_TAG_CHECK_FAILED);
    /// ABORTED COMMAND, logical block reference tag check failed.
    pub const REF_TAG_CHECK_FAILED: Self =
        Self(bindings::tcm_sense_reason_table_TCM_LOGICAL_BLOCK_REF_TAG_CHECK_FAILED);
    /// Status TASK SET FULL.
    pub const OUT_OF_RESOURCES: Self = Self(bindings::tcm_sense_reason_table_TCM_OUT_OF_RESOURCES);
    /// Status BUSY.
    pub const LUN_BUSY: Self = Self(bindings::tcm_sense_reason_table_TCM_LUN_BUSY);
}

/// A write that waits for its data. The owner fills in the payload and has the command executed.
/// Dropping it fails the command later, as [`Self::fail_later`] does with
/// [`SenseReason::ABORT_CMD`]. Dropped in any context.
///
/// The command may be aborted meanwhile: by an `ABORT TASK` of its session, or by a reset of the
/// logical unit or PREEMPT AND ABORT, which may come from another session or fabric. The abort
/// waits until the driver executes or drops the command. Target core marks the command, but calls
/// no op of the fabric: `aborted_task`, or the status TASK ABORTED, follows when the driver has
/// given the command back. A driver that waits for its initiator must therefore poll
/// [`Self::is_aborted`], about once a second.
///
/// # Invariants
///
/// Target core waits for exactly one call for the command, and keeps the command alive until then.
pub struct Pending<T: Operations> {
    pub(super) cmd: NonNull<Cmd<T>>,
}

// SAFETY: Any thread may execute or fail the command, and the driver's data are `Send`.
unsafe impl<T: Operations> Send for Pending<T> {}

// SAFETY: A shared reference leads to `Cmd`, whose data are `Sync`, and to `is_aborted`, which any
// thread may call.
unsafe impl<T: Operations> Sync for Pending<T> {}

impl<T: Operations> Pending<T> {
    /// Takes over the command that `write_pending` got.
    ///
    /// # Safety
    ///
    /// Target core must have called `write_pending` for `ptr`. This function must be called once
    /// for each such call.
    pub(super) unsafe fn from_raw(ptr: *mut bindings::se_cmd) -> Self {
        Self {
            // SAFETY: Target core has called `write_pending` for `ptr`, by the requirements of this
            // function, so it is a command and not null.
            cmd: unsafe { NonNull::new_unchecked(ptr.cast()) },
        }
    }

    pub(super) fn as_raw(&self) -> *mut bindings::se_cmd {
        self.cmd.as_ptr().cast()
    }

    /// Returns the payload, to be filled in.
    pub fn payload(&mut self) -> PayloadMut<'_> {
        // SAFETY: Target core waits for the command to be executed or to fail, by the type's
        // invariants, and does not access the payload before. Both consume `self`.
        PayloadMut(unsafe { Payload::of(self.as_raw()) })
    }

    /// Returns the protection information, to be filled in with the data. Empty if the command has
    /// none.
    pub fn protection(&mut self) -> PayloadMut<'_> {
        // SAFETY: As for `payload`.
        PayloadMut(unsafe { Payload::protection_of(self.as_raw()) })
    }

    /// Sets the address of the block whose check failed, which the sense data of the three check
    /// reasons report, SPC-4 section 4.5.2.2.
    pub fn set_failed_block(&mut self, block: u64) {
        // SAFETY: The command is alive, and target core does not access the field before the
        // command is executed or fails.
        unsafe { (*self.as_raw()).sense_info = block };
    }

    /// Returns true if the command is aborted. Executing, failing and dropping then end the command
    /// without executing it; the abort waits for that.
    pub fn is_aborted(&self) -> bool {
        // SAFETY: The command is alive, by the type's invariants. Target core changes the state
        // with single stores.
        let state =
            unsafe { atomic_load(ptr::addr_of_mut!((*self.as_raw()).transport_state), Relaxed) };
        state & bindings::CMD_T_ABORTED != 0
    }

    /// Executes the command after its data have arrived. Called in process context with interrupts
    /// on, since this may run the backstore.
    ///
    /// PERSISTENT RESERVE OUT with PREEMPT AND ABORT waits here until other commands are given
    /// back, including commands of the same session. The thread that executes it must therefore not
    /// be the one that gives those back.
    ///
    /// The driver must have written the whole payload: the backstore gets all of it, and target
    /// core does not clear the memory of blocks.
    pub fn execute(self) {
        // Target core would let an aborted COMPARE AND WRITE release `caw_sem`, which it has not
        // taken. An abort after this check still does.
        if self.is_aborted() {
            return;
        }
        let ptr = self.into_raw();
        // SAFETY: Target core waits for one call for the command, by the type's invariants. This is
        // that call, since `self` is consumed.
        unsafe { bindings::target_execute_cmd(ptr) };
    }

    /// Executes the command, as [`Self::execute`] does, in a workqueue of the fabric. Called in any
    /// context, hard interrupts included. PREEMPT AND ABORT waits there for other commands.
    pub fn execute_later(self) {
        let queue: *const Workqueue = self.session().tpg().wwn().queue();
        let ptr = self.into_raw();
        // SAFETY: The command, which `into_raw` leaves to this function, holds its session, and
        // that the portal group: `queue` is alive. Target core has initialized the work item of the
        // command, and does not use it while the command waits for its data.
        unsafe {
            let work = &raw mut (*ptr).work;
            (*work).func = Some(Self::execute_callback);
            (*queue).queue(work);
        }
    }

    /// Called by the workqueue for [`Self::execute_later`].
    ///
    /// # Safety
    ///
    /// `work` must be the work item of a command from [`Self::into_raw`], which this call takes
    /// over.
    unsafe extern "C" fn execute_callback(work: *mut bindings::work_struct) {
        // SAFETY: `work` is that of a command which this call takes over, by the requirements of
        // this callback.
        let pending = unsafe {
            let cmd: *const bindings::se_cmd = kernel::container_of!(work, bindings::se_cmd, work);
            Self::from_raw(cmd.cast_mut())
        };
        pending.execute();
    }

    /// Fails a command. Target core responds before this returns, unless the command is aborted.
    /// Called in process context with interrupts on.
    pub fn fail(self, reason: SenseReason) {
        let ptr = self.into_raw();
        // SAFETY: Target core waits for one call for the command, by the type's invariants. This is
        // that call, since `self` is consumed. The callback is cleared as in `fail_raw`.
        unsafe {
            (*ptr).transport_complete_callback = None;
            bindings::transport_generic_request_failure(ptr, reason.0);
        }
    }

    /// Fails a command. Target core responds later, in its own
    /// workqueue. Called in any context, hard interrupts included.
    pub fn fail_later(self, reason: SenseReason) {
        let ptr = self.into_raw();
        // SAFETY: `into_raw` leaves the command to this function.
        unsafe { Self::fail_raw(ptr, reason) };
    }

    /// Converts the value to a pointer, and leaves the call that target core waits for to the
    /// caller.
    fn into_raw(self) -> *mut bindings::se_cmd {
        let ptr = self.as_raw();
        mem::forget(self);
        ptr
    }

    /// Completes the command with a failure.
    ///
    /// # Safety
    ///
    /// Target core must wait for a call for the command, which is this one.
    unsafe fn fail_raw(ptr: *mut bindings::se_cmd, reason: SenseReason) {
        // SAFETY: Target core waits for this call, by the requirements of this function. The
        // callback is in no other use before. It is cleared because it is for executed commands:
        // that of COMPARE AND WRITE releases a semaphore that only execution takes.
        unsafe {
            (*ptr).transport_complete_callback = None;
            let status = bindings::sam_status_SAM_STAT_CHECK_CONDITION as u8;
            bindings::target_complete_cmd_with_sense(ptr, status, reason.0);
        }
    }
}

impl<T: Operations> Deref for Pending<T> {
    type Target = Cmd<T>;

    fn deref(&self) -> &Cmd<T> {
        // SAFETY: The command is alive, by the type's invariants.
        unsafe { self.cmd.as_ref() }
    }
}

impl<T: Operations> Drop for Pending<T> {
    fn drop(&mut self) {
        // SAFETY: Target core waits for one call for the command, by the type's invariants. All
        // functions that make it forget `self`.
        unsafe { Self::fail_raw(self.as_raw(), SenseReason::ABORT_CMD) };
    }
}
