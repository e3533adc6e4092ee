// SPDX-License-Identifier: GPL-2.0-only

//! Writes whose data target core waits for.
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
        payload::{Payload, PayloadMut},
        Cmd,
        Operations, //
    },
};

/// Why a write fails whose data do not arrive: those of `enum tcm_sense_reason_table` that
/// `transport_generic_request_failure` knows. For any other one it would respond that there is no
/// such command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SenseReason(bindings::tcm_sense_reason_table);

impl SenseReason {
    /// ABORTED COMMAND, some bus device reset function occurred: what a [`Pending`] fails with that
    /// is dropped.
    pub const ABORT_CMD: Self =
        Self(bindings::tcm_sense_reason_table_TCM_CHECK_CONDITION_ABORT_CMD);
    /// NOT READY, logical unit communication failure: the initiator tries again a few times.
    pub const COMMUNICATION_FAILURE: Self =
        Self(bindings::tcm_sense_reason_table_TCM_LOGICAL_UNIT_COMMUNICATION_FAILURE);
    /// ABORTED COMMAND, logical block guard check failed.
    pub const GUARD_CHECK_FAILED: Self =
        Self(bindings::tcm_sense_reason_table_TCM_LOGICAL_BLOCK_GUARD_CHECK_FAILED);
    /// ABORTED COMMAND, logical block reference tag check failed.
    pub const REF_TAG_CHECK_FAILED: Self =
        Self(bindings::tcm_sense_reason_table_TCM_LOGICAL_BLOCK_REF_TAG_CHECK_FAILED);
    /// Status TASK SET FULL.
    pub const OUT_OF_RESOURCES: Self = Self(bindings::tcm_sense_reason_table_TCM_OUT_OF_RESOURCES);
    /// Status BUSY.
    pub const LUN_BUSY: Self = Self(bindings::tcm_sense_reason_table_TCM_LUN_BUSY);
}

/// A write whose data target core waits for: the right to fill in its payload, and to have it
/// executed. Dropping it fails the command. Execute or drop it in process context.
///
/// A command may be aborted while the driver has this: by an `ABORT TASK` of its session, or by a
/// reset of the logical unit or PREEMPT AND ABORT, which may come from another session or fabric.
/// Each of them waits until the driver gives the command back. Target core marks the command and
/// calls no op of the fabric for it: `aborted_task`, or the status TASK ABORTED, come once it is
/// given back. So a driver that waits for its initiator asks [`Self::is_aborted`] every second or
/// so, as it looks at the time that the initiator takes.
///
/// # Invariants
///
/// Target core waits for exactly one call for the command, and keeps it alive until then.
pub struct Pending<T: Operations> {
    pub(super) cmd: NonNull<Cmd<T>>,
    /// What the command fails with when this is dropped.
    reason: SenseReason,
}

// SAFETY: Any thread may execute or fail the command, and the driver's data for it are `Send`.
unsafe impl<T: Operations> Send for Pending<T> {}

// SAFETY: A shared reference leads to `Cmd`, whose data are `Sync`, and to `is_aborted`, which any
// thread may call.
unsafe impl<T: Operations> Sync for Pending<T> {}

impl<T: Operations> Pending<T> {
    /// Makes the right of what `write_pending` got.
    ///
    /// # Safety
    ///
    /// Target core must have called `write_pending` for `ptr`, and the right must be made once for
    /// each such call.
    pub(super) unsafe fn from_raw(ptr: *mut bindings::se_cmd) -> Self {
        Self {
            // SAFETY: Target core has called `write_pending` for `ptr`, by the requirements of this
            // function, so it is a command and not null.
            cmd: unsafe { NonNull::new_unchecked(ptr.cast()) },
            reason: SenseReason::ABORT_CMD,
        }
    }

    fn as_raw(&self) -> *mut bindings::se_cmd {
        self.cmd.as_ptr().cast()
    }

    /// The payload, to be filled in.
    pub fn payload(&mut self) -> PayloadMut<'_> {
        // SAFETY: Target core waits for the command to be executed or to fail, by the type's
        // invariants, and does not touch the payload before. Both take `self` whole.
        PayloadMut(unsafe { Payload::of(self.as_raw()) })
    }

    /// Whether the command is aborted, and somebody waits until it is executed or dropped. Either
    /// ends it then, and executes nothing.
    pub fn is_aborted(&self) -> bool {
        // SAFETY: The command is alive, by the type's invariants. Target core changes the state
        // with single stores, and a volatile read of it is not torn.
        let state = unsafe { ptr::addr_of!((*self.as_raw()).transport_state).read_volatile() };
        state & bindings::CMD_T_ABORTED != 0
    }

    /// Executes the command: its data have arrived. Called in process context with interrupts on:
    /// this may run the backstore.
    ///
    /// PERSISTENT RESERVE OUT with PREEMPT AND ABORT waits here until other commands are given
    /// back, those of the same session too. So the thread that gives them back must not be the one
    /// that executes it.
    ///
    /// The whole payload must have been written: what was not is what was in memory before, and the
    /// backstore takes it.
    pub fn execute(self) {
        if self.is_aborted() {
            return;
        }
        let ptr = self.as_raw();
        mem::forget(self);
        // SAFETY: Target core waits for one call for the command, by the type's invariants. This is
        // the one: `self` has been forgotten.
        unsafe { bindings::target_execute_cmd(ptr) };
    }

    /// Fails the command: its data will not arrive. Target core responds to it, before this
    /// returns. Called in process context with interrupts on.
    pub fn fail(mut self, reason: SenseReason) {
        self.reason = reason;
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
        let ptr = self.as_raw();
        // SAFETY: Target core waits for this call, by the type's invariants, or for that of
        // `execute`, which forgets `self`. Until then nobody else reads or writes the callback. It
        // is for a command that was executed: that of COMPARE AND WRITE gives back a semaphore,
        // which only executing takes.
        unsafe {
            (*ptr).transport_complete_callback = None;
            bindings::transport_generic_request_failure(ptr, self.reason.0);
        }
    }
}
