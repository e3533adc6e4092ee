// SPDX-License-Identifier: GPL-2.0-only

//! The rights that target core grants a driver with a call: to have a write executed, and to
//! respond.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::{
    mem,
    ops::Deref,
    ptr::NonNull, //
};

use kernel::{
    ffi::c_int,
    prelude::*, //
};

use crate::{
    bindings,
    target::{
        cmd::{flags, SENSE_LEN},
        Cmd,
        Operations, //
    },
};

/// A write whose data target core waits for. Dropping it fails the command.
///
/// # Invariants
///
/// Target core waits for exactly one call for the command, and keeps it alive until then.
pub struct Pending<T: Operations>(NonNull<Cmd<T>>);

// SAFETY: Any thread may execute or fail the command.
unsafe impl<T: Operations> Send for Pending<T> {}

impl<T: Operations> Pending<T> {
    /// Makes the right of what `write_pending` got.
    ///
    /// # Safety
    ///
    /// Target core must have called `write_pending` for `ptr`, and the right must be made once for
    /// each such call.
    pub(super) unsafe fn from_raw(ptr: *mut bindings::se_cmd) -> Self {
        // SAFETY: By the requirements of this function the pointer is not null.
        Self(unsafe { NonNull::new_unchecked(ptr.cast()) })
    }

    /// Executes the command: its data have arrived. May be called in any context.
    pub fn execute(self) {
        let ptr = self.0.as_ptr().cast();
        mem::forget(self);
        // SAFETY: By the type's invariants target core waits for this.
        unsafe { bindings::target_execute_cmd(ptr) };
    }
}

impl<T: Operations> Deref for Pending<T> {
    type Target = Cmd<T>;

    fn deref(&self) -> &Cmd<T> {
        // SAFETY: By the type's invariants the command is alive.
        unsafe { self.0.as_ref() }
    }
}

impl<T: Operations> Drop for Pending<T> {
    fn drop(&mut self) {
        let reason = bindings::tcm_sense_reason_table_TCM_CHECK_CONDITION_ABORT_CMD;
        // SAFETY: By the type's invariants target core waits for this.
        unsafe {
            bindings::transport_generic_request_failure(self.0.as_ptr().cast(), reason);
        }
    }
}

/// What `write_pending` returns to target core: 0, or that it shall try again with the command that
/// it has got back.
pub(super) fn pending_errno<T: Operations>(result: Result<(), Pending<T>>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(pending) => {
            // Target core will call `write_pending` again.
            mem::forget(pending);
            EAGAIN.to_errno()
        }
    }
}

/// The response to a command, to be sent to the initiator.
pub struct Response<'a, T: Operations>(&'a Cmd<T>);

/// How far the data that the command asks for, and the buffer for them, differ in length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Residual {
    /// Not at all.
    None,
    /// So many bytes of the buffer were not used.
    Underflow(u32),
    /// So many bytes did not fit into the buffer.
    Overflow(u32),
}

impl<T: Operations> Response<'_, T> {
    /// Makes the response that `queue_data_in` or `queue_status` shall send.
    ///
    /// # Safety
    ///
    /// Target core must have called one of these ops for `ptr`, and the response must end with it.
    pub(super) unsafe fn from_raw(ptr: *mut bindings::se_cmd) -> Self {
        // SAFETY: By the requirements of this function the command is alive.
        Self(unsafe { Cmd::from_raw(ptr) })
    }

    /// The status, SAM-5 section 5.3.1.
    pub fn status(&self) -> u8 {
        // SAFETY: Target core does not change the status once there is a response.
        unsafe { (*self.0.inner.get()).scsi_status }
    }

    /// The sense data, SPC-4 section 4.5, if there are any.
    pub fn sense(&self) -> Option<&[u8; SENSE_LEN]> {
        let mask = bindings::se_cmd_flags_table_SCF_TRANSPORT_TASK_SENSE
            | bindings::se_cmd_flags_table_SCF_EMULATED_TASK_SENSE;
        if flags(self.0) & mask == 0 {
            return None;
        }
        // SAFETY: `submit` has zeroed the buffer. Target core has written the sense data, and does
        // not change them once there is a response.
        Some(unsafe { &*self.0.sense.get() })
    }

    /// The residual.
    pub fn residual(&self) -> Residual {
        // SAFETY: Target core does not change the count once there is a response.
        let count = unsafe { (*self.0.inner.get()).residual_count };
        let flags = flags(self.0);
        if flags & bindings::se_cmd_flags_table_SCF_OVERFLOW_BIT != 0 {
            Residual::Overflow(count)
        } else if flags & bindings::se_cmd_flags_table_SCF_UNDERFLOW_BIT != 0 {
            Residual::Underflow(count)
        } else {
            Residual::None
        }
    }
}

impl<T: Operations> Deref for Response<'_, T> {
    type Target = Cmd<T>;

    fn deref(&self) -> &Cmd<T> {
        self.0
    }
}
