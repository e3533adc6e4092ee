// SPDX-License-Identifier: GPL-2.0-only

//! Headers that an initiator sends.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![forbid(unsafe_code)]

use super::*;

/// The number of a logical unit, as the kernel counts it: of the four levels of SAM-5's eight
/// bytes, the first is the least significant.
fn lun(field: u64) -> u64 {
    let [a, b, c, d, e, f, g, h] = field.to_be_bytes();
    u64::from_be_bytes([g, h, e, f, c, d, a, b])
}

/// Opcode of a PDU of an initiator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Opcode {
    /// Nothing, or a ping.
    NopOut,
    /// A SCSI command.
    Command,
    /// A task management function.
    TaskManagement,
    /// To log in.
    Login,
    /// To negotiate by text.
    Text,
    /// To send data of a write.
    DataOut,
    /// To log out.
    Logout,
    /// To have something sent again.
    Snack,
    /// An opcode that this target does not know.
    Other(u8),
}

/// A header that an initiator has sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Request(Header);

impl Request {
    /// The header in these bytes.
    pub(crate) fn new(header: Header) -> Self {
        Self(header)
    }

    /// The bytes.
    pub(crate) fn as_bytes(&self) -> &Header {
        &self.0
    }

    pub(super) fn byte(&self, offset: usize) -> u8 {
        self.0.get(offset).copied().unwrap_or(0)
    }

    /// The opcode.
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

    /// Returns true if it is for immediate delivery: it does not take part in the order of
    /// commands.
    pub(crate) fn is_immediate(&self) -> bool {
        self.byte(0) & 0x40 != 0
    }

    /// Returns true if it is the last of a sequence: the F bit.
    pub(crate) fn is_final(&self) -> bool {
        self.byte(1) & 0x80 != 0
    }

    /// Returns true if the text of a login or text request goes on in the next one: the C bit.
    pub(crate) fn is_continued(&self) -> bool {
        self.byte(1) & 0x40 != 0
    }

    /// The length of the additional header segments, in bytes.
    pub(crate) fn ahs_length(&self) -> usize {
        usize::from(self.byte(4)).wrapping_mul(4)
    }

    /// The length of the data segment, without padding.
    pub(crate) fn data_length(&self) -> u32 {
        u32_at(&self.0, 4) & 0x00ff_ffff
    }

    /// The logical unit.
    pub(crate) fn lun(&self) -> u64 {
        lun(u64_at(&self.0, 8))
    }

    /// The initiator task tag.
    pub(crate) fn task_tag(&self) -> u32 {
        u32_at(&self.0, 16)
    }

    /// The target transfer tag, of what answers the target.
    pub(crate) fn transfer_tag(&self) -> u32 {
        u32_at(&self.0, 20)
    }

    /// The number of the command, in all that are numbered.
    pub(crate) fn cmd_sn(&self) -> u32 {
        u32_at(&self.0, 24)
    }

    /// The status number that the initiator expects next.
    pub(crate) fn exp_stat_sn(&self) -> u32 {
        u32_at(&self.0, 28)
    }
}

/// A SCSI command, section 11.3.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Command<'a>(pub(crate) &'a Request);

impl Command<'_> {
    /// Returns true if data are expected from the target.
    pub(crate) fn reads(&self) -> bool {
        self.0.byte(1) & 0x40 != 0
    }

    /// Returns true if data are sent to the target.
    pub(crate) fn writes(&self) -> bool {
        self.0.byte(1) & 0x20 != 0
    }

    /// The task attribute: 0 untagged, 1 simple, 2 ordered, 3 head of queue, 4 ACA.
    pub(crate) fn attribute(&self) -> u8 {
        self.0.byte(1) & 0x07
    }

    /// Number of bytes that the initiator sends or expects.
    pub(crate) fn expected_length(&self) -> u32 {
        u32_at(self.0.as_bytes(), 20)
    }

    /// The first 16 bytes of the command descriptor block.
    pub(crate) fn cdb(&self) -> &[u8] {
        self.0.as_bytes().get(32..).unwrap_or_default()
    }
}

/// The longest command descriptor block: that of the header, and what an additional header segment
/// has room for (section 11.2.2.4).
pub(crate) const CDB_MAX: usize = 260;

/// Puts a command descriptor block together: the first 16 bytes, and the rest in the additional
/// header segments `ahs`, if it is there. Returns its length, or `None` if `ahs` makes no sense.
pub(crate) fn cdb(first: &[u8], ahs: &[u8], cdb: &mut [u8; CDB_MAX]) -> Option<usize> {
    let mut length = first.len();
    cdb.get_mut(..length)?.copy_from_slice(first);
    let mut rest = ahs;
    while let [high, low, kind, _, content @ ..] = rest {
        // The length counts the reserved byte, and the segment is padded.
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
    /// Abort one task.
    AbortTask,
    /// Abort all tasks of the session.
    AbortTaskSet,
    /// Clear the auto contingent allegiance.
    ClearAca,
    /// Abort all tasks of the logical unit.
    ClearTaskSet,
    /// Reset the logical unit.
    LunReset,
    /// Reset the target.
    TargetWarmReset,
    /// Reset the target, and end all sessions.
    TargetColdReset,
    /// Take a task over to another connection.
    TaskReassign,
}

/// A task management function request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TaskManagement<'a>(pub(crate) &'a Request);

impl TaskManagement<'_> {
    /// The function, if there is such a one.
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

    /// The tag of the task that it is about.
    pub(crate) fn referenced_tag(&self) -> u32 {
        u32_at(self.0.as_bytes(), 20)
    }

    /// The number of the command that it is about, if that command is still to come: `expected`, or
    /// a later one that the initiator has sent before this (section 11.6.1).
    pub(crate) fn awaited_number(&self, expected: u32) -> Option<u32> {
        let number = u32_at(self.0.as_bytes(), 32);
        let is_awaited = !is_before(number, expected) && is_before(number, self.0.cmd_sn());
        is_awaited.then_some(number)
    }
}

/// Data of a write, section 11.7.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DataOut<'a>(pub(crate) &'a Request);

impl DataOut<'_> {
    /// The number of the PDU in its sequence.
    pub(crate) fn data_sn(&self) -> u32 {
        u32_at(self.0.as_bytes(), 36)
    }

    /// Offset of the data in the write.
    pub(crate) fn offset(&self) -> u32 {
        u32_at(self.0.as_bytes(), 40)
    }
}

/// A request to log out, section 11.14.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Logout<'a>(pub(crate) &'a Request);

impl Logout<'_> {
    /// Why: 0 closes the session, 1 the connection, 2 is for recovery.
    pub(crate) fn reason(&self) -> u8 {
        self.0.byte(1) & 0x7f
    }

    /// The connection that it is about.
    pub(crate) fn cid(&self) -> u16 {
        u16_at(self.0.as_bytes(), 20)
    }
}
