// SPDX-License-Identifier: GPL-2.0-only

//! Responses to commands, sent to the initiator at once or later.
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
        CmdMemory,
        Operations,
        Reference,
        TARGET_DIRECT_COMPL, //
    },
};

/// Statuses, SAM-5 section 5.3.1.
const GOOD: u8 = 0x00;
const CHECK_CONDITION: u8 = 0x02;

/// A completed command: status, sense data, residual, and the data of a read.
#[repr(transparent)]
pub struct Completed<T: Operations>(Cmd<T>);

// SAFETY: The type is a transparent wrapper of `Cmd`, which meets both requirements. Its methods
// only read fields that do not change after completion.
unsafe impl<T: Operations> SeCmd for Completed<T> {}

/// The difference between the data length of a command and the length of its buffer, in bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Residual {
    /// No difference.
    None,
    /// Number of bytes of the buffer that were not used.
    Underflow(u32),
    /// Number of bytes that did not fit into the buffer.
    Overflow(u32),
}

impl<T: Operations> Completed<T> {
    /// Returns the SCSI status, SAM-5 section 5.3.1.
    pub fn status(&self) -> u8 {
        // SAFETY: Target core does not change the status of a completed command.
        unsafe { (*self.0.inner.get()).scsi_status }
    }

    /// Returns the sense data, SPC-4 section 4.5, if the command has any.
    pub fn sense(&self) -> Option<&[u8; SENSE_LEN]> {
        let mask = bindings::se_cmd_flags_table_SCF_TRANSPORT_TASK_SENSE
            | bindings::se_cmd_flags_table_SCF_EMULATED_TASK_SENSE;
        if flags(&self.0) & mask == 0 {
            return None;
        }
        // SAFETY: `submit` has zeroed the buffer. Target core has written the sense data, and does
        // not change them after completion.
        Some(unsafe { &*self.0.sense.get() })
    }

    /// Returns the residual.
    pub fn residual(&self) -> Residual {
        // SAFETY: Target core does not change the count of a completed command.
        let count = unsafe { (*self.0.inner.get()).residual_count };
        let flags = flags(&self.0);
        // A command that asked for more than the buffer, and then had less data than that, has both
        // flags. The count is that of the underflow, which target core has noted last.
        if flags & bindings::se_cmd_flags_table_SCF_UNDERFLOW_BIT != 0 {
            Residual::Underflow(count)
        } else if flags & bindings::se_cmd_flags_table_SCF_OVERFLOW_BIT != 0 {
            Residual::Overflow(count)
        } else {
            Residual::None
        }
    }

    /// Returns true if the command is a read that has returned data, for which target core calls
    /// `queue_data_in`.
    fn has_data(&self) -> bool {
        // SAFETY: The direction is set before the command is submitted, and does not change.
        let direction = unsafe { (*self.0.inner.get()).data_direction };
        // A tape, for example, returns data and sense data together.
        let is_normal = flags(&self.0) & bindings::se_cmd_flags_table_SCF_TREAT_READ_AS_NORMAL != 0;
        direction == bindings::dma_data_direction::DMA_FROM_DEVICE
            && match self.status() {
                GOOD => true,
                CHECK_CONDITION => is_normal,
                _ => false,
            }
    }

    /// Returns the data of a read, which `queue_data_in` sends; empty for any other command, and
    /// for a read that has failed: target core does not clear the memory of blocks.
    pub fn payload(&self) -> Payload<'_> {
        if !self.has_data() {
            return Payload::empty();
        }
        let cmd = self.0.inner.get();
        // SAFETY: Target core does not change the payload of a completed command, and frees it with
        // the command.
        unsafe { Payload::of(cmd) }
    }

    /// Returns the protection information of the data that [`Self::payload`] returns. Empty if the
    /// command has none.
    pub fn protection(&self) -> Payload<'_> {
        if !self.has_data() {
            return Payload::empty();
        }
        // SAFETY: As for `payload`.
        unsafe { Payload::protection_of(self.0.inner.get()) }
    }
}

impl<T: Operations> Deref for Completed<T> {
    type Target = Cmd<T>;

    fn deref(&self) -> &Cmd<T> {
        &self.0
    }
}

/// The response to a command, for the op that sends it.
///
/// [`Self::keep`] takes it out of the op, to be sent later from another thread.
pub struct Response<'a, T: Operations> {
    completed: &'a Completed<T>,
    // Invariant in `'a`: an op cannot return the response of another call.
    invariant: PhantomData<fn(&'a ()) -> &'a ()>,
}

impl<'a, T: Operations> Response<'a, T> {
    /// Creates the response that `queue_data_in` or `queue_status` sends.
    ///
    /// # Safety
    ///
    /// Target core must have called one of these ops for `ptr`. The response must not outlive the
    /// op.
    pub(super) unsafe fn from_raw(ptr: *mut bindings::se_cmd) -> Self {
        Self {
            // SAFETY: Target core has called the op for `ptr`, by the requirements of this
            // function, so it is a completed command, alive until the op returns.
            completed: unsafe { &*ptr.cast() },
            invariant: PhantomData,
        }
    }

    /// Returns the command, which outlives the response: it is borrowed for the duration of the op.
    pub fn cmd(&self) -> &'a Cmd<T> {
        self.completed
    }

    /// Takes the response out of the op. The driver sends it later, and then drops it.
    ///
    /// Until it is dropped, the command pins its session, and dropping the
    /// [`Nexus`](super::Nexus) waits. Dropped in any context.
    pub fn keep(self) -> Reference<Completed<T>> {
        count(self.completed);
        // SAFETY: The command is alive while it is borrowed, and the reference was counted above.
        unsafe { Reference::from_raw(se_cmd(self.completed)) }
    }

    /// Converts the response to the error of the op. Target core then calls the op again at once,
    /// in process context, and as often as the op returns the error. A command that is
    /// refused before it has its LUN (an unknown or write-protected LUN, an invalid length of the
    /// CDB) ends without a response.
    ///
    /// This does not compile for a fabric whose ops may run in interrupts, because
    /// `transport_handle_queue_full()` enables interrupts: a fabric with `DIRECT_COMPL_SUPP`, with
    /// [`TARGET_DIRECT_COMPL`] as its `DEFAULT_COMPL_TYPE`, or with tags. It keeps the response
    /// until it can send it. Other fabrics that retry must not submit commands in interrupts.
    pub fn retry(self) -> Retry<'a, T> {
        const {
            assert!(
                !T::DIRECT_COMPL_SUPP && T::DEFAULT_COMPL_TYPE != TARGET_DIRECT_COMPL,
                "a fabric with direct completion must keep a response that it cannot send"
            );
            assert!(
                !<T::CmdMemory as CmdMemory<T>>::IS_IN_SESSION,
                "a fabric whose commands have tags must keep a response that it cannot send"
            );
        }
        Retry(PhantomData)
    }
}

/// A response that could not be sent, from [`Response::retry`].
pub struct Retry<'a, T: Operations>(PhantomData<Response<'a, T>>);

impl<T: Operations> Deref for Response<'_, T> {
    type Target = Completed<T>;

    fn deref(&self) -> &Completed<T> {
        self.completed
    }
}

/// Converts the result of `queue_data_in` or `queue_status` to an errno: `-EAGAIN` for a response
/// that target core queues again.
pub(super) fn response_errno<T: Operations>(result: Result<(), Retry<'_, T>>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(Retry(PhantomData)) => EAGAIN.to_errno(),
    }
}
