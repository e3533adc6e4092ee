// SPDX-License-Identifier: GPL-2.0-only

//! Headers that an initiator sends.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![forbid(unsafe_code)]

use super::*;

/// Converts a LUN field to the kernel's number. Of the four levels in its eight bytes (SAM-5), the
/// first is the least significant.
fn lun(field: u64) -> u64 {
    let [a, b, c, d, e, f, g, h] = field.to_be_bytes();
    u64::from_be_bytes([g, h, e, f, c, d, a, b])
}

/// The opcode of a PDU of an initiator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Opcode {
    /// NOP-Out: a ping, or the answer to one.
    NopOut,
    /// SCSI Command.
    Command,
    /// Task Management Function Request.
    TaskManagement,
    /// Login Request.
    Login,
    /// Text Request.
    Text,
    /// SCSI Data-Out.
    DataOut,
    /// Logout Request.
    Logout,
    /// SNACK Request.
    Snack,
    /// An unknown opcode.
    Other(u8),
}

/// A header from an initiator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Request(Header);

impl Request {
    /// Creates a header of its bytes.
    pub(crate) fn new(header: Header) -> Self {
        Self(header)
    }

    /// Returns the bytes.
    pub(crate) fn as_bytes(&self) -> &Header {
        &self.0
    }

    pub(super) fn byte(&self, offset: usize) -> u8 {
        self.0.get(offset).copied().unwrap_or(0)
    }

    /// Returns the opcode.
    pub(crate) fn opcode(&self) -> Opcode {
        match self.byte(0) & 0x3f {
            0x00 => Opcode::NopOut,
            0x01 => Opcode::Command,
            0x02 => Opcode::TaskManagement,
            0x03 => Opcode::Login,
            0x04 => Opcode::Text,
            0x05 => Opcode::DataOut,
            0x06 => Opcode::Logout,
            0x10 => Opcode::Snack,
            other => Opcode::Other(other),
        }
    }

    /// Returns the I bit: immediate delivery, outside of the command order.
    pub(crate) fn is_immediate(&self) -> bool {
        self.byte(0) & 0x40 != 0
    }

    /// Returns the F bit: the last PDU of a sequence.
    pub(crate) fn is_final(&self) -> bool {
        self.byte(1) & 0x80 != 0
    }

    /// Returns the C bit of a login or text request: its text continues in the next PDU.
    pub(crate) fn is_continued(&self) -> bool {
        self.byte(1) & 0x40 != 0
    }

    /// Returns the length of the additional header segments, in bytes.
    pub(crate) fn ahs_length(&self) -> usize {
        usize::from(self.byte(4)).wrapping_mul(4)
    }

    /// Returns the length of the data segment without padding, in bytes.
    pub(crate) fn data_length(&self) -> u32 {
        u32_at(&self.0, 4) & 0x00ff_ffff
    }

    /// Returns the logical unit number.
    pub(crate) fn lun(&self) -> u64 {
        lun(u64_at(&self.0, 8))
    }

    /// Returns the initiator task tag.
    pub(crate) fn task_tag(&self) -> u32 {
        u32_at(&self.0, 16)
    }

    /// Returns the target transfer tag.
    pub(crate) fn transfer_tag(&self) -> u32 {
        u32_at(&self.0, 20)
    }

    /// Returns CmdSN.
    pub(crate) fn cmd_sn(&self) -> u32 {
        u32_at(&self.0, 24)
    }

    /// Returns ExpStatSN.
    pub(crate) fn exp_stat_sn(&self) -> u32 {
        u32_at(&self.0, 28)
    }
}

/// A SCSI Command, section 11.3.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Command<'a>(pub(crate) &'a Request);

impl Command<'_> {
    /// Returns the R bit: the command reads.
    pub(crate) fn reads(&self) -> bool {
        self.0.byte(1) & 0x40 != 0
    }

    /// Returns the W bit: the command writes.
    pub(crate) fn writes(&self) -> bool {
        self.0.byte(1) & 0x20 != 0
    }

    /// Returns the task attribute: 0 untagged, 1 simple, 2 ordered, 3 head of queue, 4 ACA.
    pub(crate) fn attribute(&self) -> u8 {
        self.0.byte(1) & 0x07
    }

    /// Returns the expected data transfer length, in bytes.
    pub(crate) fn expected_length(&self) -> u32 {
        u32_at(self.0.as_bytes(), 20)
    }

    /// Returns the first 16 bytes of the command descriptor block.
    pub(crate) fn cdb(&self) -> &[u8] {
        self.0.as_bytes().get(32..).unwrap_or_default()
    }
}

/// Maximum length of a command descriptor block with its additional header segment (section
/// 11.2.2.4), in bytes.
pub(crate) const CDB_MAX: usize = 260;

/// Assembles a command descriptor block of its first 16 bytes and the rest in the additional header
/// segments `ahs`. Returns its length, or `None` if `ahs` is malformed.
pub(crate) fn cdb(first: &[u8], ahs: &[u8], cdb: &mut [u8; CDB_MAX]) -> Option<usize> {
    let mut length = first.len();
    cdb.get_mut(..length)?.copy_from_slice(first);
    let mut rest = ahs;
    while let [high, low, kind, _, content @ ..] = rest {
        // The length includes the reserved byte. Segments are padded.
        let size = usize::from(u16::from_be_bytes([*high, *low])).checked_sub(1)?;
        let extension = content.get(..size)?;
        if *kind & 0x3f == 1 {
            length = 16usize.checked_add(size)?;
            cdb.get_mut(16..length)?.copy_from_slice(extension);
        }
        rest = content.get(size.checked_next_multiple_of(4)?..)?;
    }
    rest.is_empty().then_some(length)
}

/// A task management function, section 11.5.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Function {
    /// ABORT TASK.
    AbortTask,
    /// ABORT TASK SET.
    AbortTaskSet,
    /// CLEAR ACA.
    ClearAca,
    /// CLEAR TASK SET.
    ClearTaskSet,
    /// LOGICAL UNIT RESET.
    LunReset,
    /// TARGET WARM RESET.
    TargetWarmReset,
    /// TARGET COLD RESET, which also ends all sessions.
    TargetColdReset,
    /// TASK REASSIGN: moves a task to another connection.
    TaskReassign,
}

/// A Task Management Function Request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TaskManagement<'a>(pub(crate) &'a Request);

impl TaskManagement<'_> {
    /// Returns the function, or `None` if its code is unknown.
    pub(crate) fn function(&self) -> Option<Function> {
        Some(match self.0.byte(1) & 0x7f {
            1 => Function::AbortTask,
            2 => Function::AbortTaskSet,
            3 => Function::ClearAca,
            4 => Function::ClearTaskSet,
            5 => Function::LunReset,
            6 => Function::TargetWarmReset,
            7 => Function::TargetColdReset,
            8 => Function::TaskReassign,
            _ => return None,
        })
    }

    /// Returns the referenced task tag.
    pub(crate) fn referenced_tag(&self) -> u32 {
        u32_at(self.0.as_bytes(), 20)
    }

    /// Returns RefCmdSN if that command has not arrived yet: it is `expected` or later, and
    /// precedes this request (section 11.6.1).
    pub(crate) fn awaited_number(&self, expected: u32) -> Option<u32> {
        let number = u32_at(self.0.as_bytes(), 32);
        let is_awaited = !is_before(number, expected) && is_before(number, self.0.cmd_sn());
        is_awaited.then_some(number)
    }
}

/// SCSI Data-Out, section 11.7.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DataOut<'a>(pub(crate) &'a Request);

impl DataOut<'_> {
    /// Returns DataSN.
    pub(crate) fn data_sn(&self) -> u32 {
        u32_at(self.0.as_bytes(), 36)
    }

    /// Returns the buffer offset.
    pub(crate) fn offset(&self) -> u32 {
        u32_at(self.0.as_bytes(), 40)
    }
}

/// A Logout Request, section 11.14.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Logout<'a>(pub(crate) &'a Request);

impl Logout<'_> {
    /// Returns the reason: 0 closes the session, 1 closes the connection, 2 is for recovery.
    pub(crate) fn reason(&self) -> u8 {
        self.0.byte(1) & 0x7f
    }

    /// Returns the identifier of the connection.
    pub(crate) fn cid(&self) -> u16 {
        u16_at(self.0.as_bytes(), 20)
    }
}
