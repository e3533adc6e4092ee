// SPDX-License-Identifier: GPL-2.0-only

//! Responses to commands, to be sent to the initiator at once or later.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::{
    marker::PhantomData,
    ops::Deref, //
};

use kernel::{
    ffi::c_int,
    prelude::*, //
};

use crate::{
    bindings,
    target::{
        cmd::{flags, se_cmd, SeCmd, SENSE_LEN},
        payload::Payload,
        task::count,
        Cmd,
        Operations,
        Reference, //
    },
};

/// A command that is complete, with the contents of its response.
#[repr(transparent)]
pub struct Completed<T: Operations>(Cmd<T>);

// SAFETY: The type is transparent, and has a `Cmd` alone, for which both are so. Its methods read
// what does not change any more.
unsafe impl<T: Operations> SeCmd for Completed<T> {}

/// The difference between the length of a command's data and that of the buffer for them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Residual {
    /// They are equal.
    None,
    /// So many bytes of the buffer were not used.
    Underflow(u32),
    /// So many bytes did not fit into the buffer.
    Overflow(u32),
}

impl<T: Operations> Completed<T> {
    /// The status, SAM-5 section 5.3.1.
    pub fn status(&self) -> u8 {
        // SAFETY: Target core does not change the status once there is a response.
        unsafe { (*self.0.inner.get()).scsi_status }
    }

    /// The sense data, SPC-4 section 4.5, if there are any.
    pub fn sense(&self) -> Option<&[u8; SENSE_LEN]> {
        let mask = bindings::se_cmd_flags_table_SCF_TRANSPORT_TASK_SENSE
            | bindings::se_cmd_flags_table_SCF_EMULATED_TASK_SENSE;
        if flags(&self.0) & mask == 0 {
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
        let flags = flags(&self.0);
        if flags & bindings::se_cmd_flags_table_SCF_OVERFLOW_BIT != 0 {
            Residual::Overflow(count)
        } else if flags & bindings::se_cmd_flags_table_SCF_UNDERFLOW_BIT != 0 {
            Residual::Underflow(count)
        } else {
            Residual::None
        }
    }

    /// The data that a read returns; empty for any other command.
    pub fn payload(&self) -> Payload<'_> {
        let cmd = self.0.inner.get();
        // SAFETY: The direction is set before the command is submitted, and does not change.
        let direction = unsafe { (*cmd).data_direction };
        if direction != bindings::dma_data_direction::DMA_FROM_DEVICE {
            return Payload::empty();
        }
        // SAFETY: Target core does not change the payload once there is a response, and frees it
        // with the command.
        unsafe { Payload::of(cmd) }
    }
}

impl<T: Operations> Deref for Completed<T> {
    type Target = Cmd<T>;

    fn deref(&self) -> &Cmd<T> {
        &self.0
    }
}

/// The response to a command, to be sent by the op that gets it.
///
/// To send it later, from another thread, take it out of the op with [`Self::keep`].
pub struct Response<'a, T: Operations> {
    completed: &'a Completed<T>,
    // With this an op cannot return the response of another call.
    invariant: PhantomData<fn(&'a ()) -> &'a ()>,
}

impl<'a, T: Operations> Response<'a, T> {
    /// Makes the response that `queue_data_in` or `queue_status` shall send.
    ///
    /// # Safety
    ///
    /// Target core must have called one of these ops for `ptr`, and the response must end with it.
    pub(super) unsafe fn from_raw(ptr: *mut bindings::se_cmd) -> Self {
        Self {
            // SAFETY: Target core has called the op for `ptr`, by the requirements of this
            // function: it is a command, complete, and alive until the op returns.
            completed: unsafe { &*ptr.cast() },
            invariant: PhantomData,
        }
    }

    /// The command, for as long as the op lasts, whatever becomes of the response.
    pub fn cmd(&self) -> &'a Cmd<T> {
        self.completed
    }

    /// Takes the response out of the op: to be sent later, and dropped then.
    ///
    /// Until it is dropped, the command holds its session, and its [`Nexus`](super::Nexus) waits.
    /// Dropped in any context but hard interrupts.
    pub fn keep(self) -> Reference<Completed<T>> {
        count(self.completed);
        // SAFETY: The reference has just been counted, of a command that is alive.
        unsafe { Reference::from_raw(se_cmd(self.completed)) }
    }
}

impl<T: Operations> Deref for Response<'_, T> {
    type Target = Completed<T>;

    fn deref(&self) -> &Completed<T> {
        self.completed
    }
}

/// The result of `queue_data_in` or `queue_status` for target core: 0, or `-EAGAIN` if the driver
/// has given the response back to be queued again.
pub(super) fn response_errno<T: Operations>(result: Result<(), Response<'_, T>>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(_) => EAGAIN.to_errno(),
    }
}
