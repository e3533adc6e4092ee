// SPDX-License-Identifier: GPL-2.0-only

//! The request of an initiator, to be submitted as a command.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use crate::{
    bindings,
    target::Operations, //
};

/// The task attribute of a command, SAM-5 section 8.9: the order of its execution.
#[derive(Clone, Copy)]
pub struct TaskAttribute(pub(super) u32);

impl TaskAttribute {
    /// SIMPLE: executed in any order.
    pub const SIMPLE: Self = Self(bindings::TCM_SIMPLE_TAG);
    /// ORDERED: executed after all earlier commands, and before all later ones.
    pub const ORDERED: Self = Self(bindings::TCM_ORDERED_TAG);
    /// HEAD OF QUEUE: executed at once.
    pub const HEAD: Self = Self(bindings::TCM_HEAD_TAG);
}

/// Operation code of a variable-length command, SPC-4 section 4.2.5.1.
const VARIABLE_LENGTH_CMD: u8 = 0x7f;

/// The request of an initiator.
pub struct Request<'a> {
    /// Task tag, which `ABORT TASK` refers to.
    pub tag: u64,
    /// Logical unit number.
    pub lun: u64,
    /// Command descriptor block. Padding may follow: the first byte determines the length.
    pub cdb: &'a [u8],
    /// Task attribute.
    pub attribute: TaskAttribute,
}

impl Request<'_> {
    /// Returns true if the command descriptor block has the length that its first byte determines,
    /// SPC-4 section 4.2.5.
    pub(super) fn is_whole(&self) -> bool {
        // A variable-length command has its length in byte 7.
        let needed = match self.cdb {
            [VARIABLE_LENGTH_CMD, ..] => 8,
            _ => 1,
        };
        if self.cdb.len() < needed {
            return false;
        }
        // SAFETY: The function reads the first byte and, of a variable-length command, byte 7. The
        // block has both, as checked above.
        let length = unsafe { bindings::scsi_command_size(self.cdb.as_ptr()) };
        self.cdb.len() >= length as usize
    }
}

/// The reason for the refusal of a command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The command descriptor block is shorter than its first byte requires.
    ShortCdb,
    /// The nexus is stopped.
    Stopped,
}

/// A command that was not submitted to target core.
pub struct Refused<T: Operations> {
    /// Reason for the refusal.
    pub reason: Refusal,
    /// Memory of the command.
    pub memory: T::CmdMemory,
    /// The driver's data.
    pub data: T::Cmd,
}
