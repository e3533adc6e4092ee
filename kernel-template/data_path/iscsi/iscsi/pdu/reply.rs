// SPDX-License-Identifier: GPL-2.0-only

//! Headers that a target sends.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![forbid(unsafe_code)]

use super::*;

/// Response codes of task management functions, section 11.6.1.
pub(crate) mod function_response {
    /// The function is complete.
    pub(crate) const COMPLETE: u8 = 0;
    /// The task does not exist.
    pub(crate) const NO_TASK: u8 = 1;
    /// The logical unit does not exist.
    pub(crate) const NO_LUN: u8 = 2;
    /// Task reassignment is not supported.
    pub(crate) const NO_REASSIGNMENT: u8 = 4;
    /// The function is not supported.
    pub(crate) const NOT_SUPPORTED: u8 = 5;
    /// The function is rejected.
    pub(crate) const REJECTED: u8 = 255;
}

/// Response codes of logouts, section 11.15.1.
pub(crate) mod logout_response {
    /// The connection or session is closed.
    pub(crate) const CLOSED: u8 = 0;
    /// The connection does not exist.
    pub(crate) const NO_CONNECTION: u8 = 1;
    /// Connection recovery is not supported.
    pub(crate) const NO_RECOVERY: u8 = 2;
}

/// The reason for a Reject, section 11.17.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reject {
    /// Data digest error.
    DataDigest = 2,
    /// SNACK reject.
    Snack = 3,
    /// Protocol error.
    Protocol = 4,
    /// Command not supported.
    NotSupported = 5,
    /// Too many immediate commands.
    Immediate = 6,
    /// Invalid PDU field.
    InvalidField = 9,
}

/// The residual: the difference between the expected and the actual data length, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Residual {
    /// No difference.
    None,
    /// Number of bytes of the initiator's buffer that are not used.
    Underflow(u32),
    /// Number of bytes that do not fit into the initiator's buffer.
    Overflow(u32),
}

impl Residual {
    fn bits(self) -> (u8, u32) {
        match self {
            Self::None => (0, 0),
            Self::Underflow(count) => (0x02, count),
            Self::Overflow(count) => (0x04, count),
        }
    }
}

/// The sequence numbers in each PDU of a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Numbers {
    /// StatSN: the number of this status.
    pub(crate) stat_sn: u32,
    /// ExpCmdSN: the CmdSN that is expected next.
    pub(crate) exp_cmd_sn: u32,
    /// MaxCmdSN: the end of the command window.
    pub(crate) max_cmd_sn: u32,
}

/// A header to an initiator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reply(Header);

impl Reply {
    fn new(opcode: u8, flags: u8, task_tag: u32) -> Self {
        let mut reply = Self([0; HEADER_LEN]);
        reply.set(0, &[opcode, flags]);
        reply.set(16, &task_tag.to_be_bytes());
        reply
    }

    fn set(&mut self, offset: usize, bytes: &[u8]) {
        for (place, byte) in self.0.iter_mut().skip(offset).zip(bytes) {
            *place = *byte;
        }
    }

    /// Returns the bytes.
    pub(crate) fn as_bytes(&self) -> &Header {
        &self.0
    }

    /// Returns true if the PDU advances StatSN.
    pub(crate) fn has_status(&self) -> bool {
        let [opcode, flags, ..] = self.0;
        match opcode {
            // Data-In has a status if the S bit is set.
            0x25 => flags & 0x01 != 0,
            // R2T has none.
            0x31 => false,
            // A NOP-In that asks for an answer has none.
            0x20 => u32_at(&self.0, 16) != NO_TAG,
            _ => true,
        }
    }

    /// Sets the sequence numbers.
    pub(crate) fn numbered(mut self, numbers: Numbers) -> Self {
        self.set(24, &numbers.stat_sn.to_be_bytes());
        self.set(28, &numbers.exp_cmd_sn.to_be_bytes());
        self.set(32, &numbers.max_cmd_sn.to_be_bytes());
        self
    }

    /// Sets the length of the data segment.
    pub(crate) fn with_data(mut self, length: u32) -> Self {
        let [_, high, middle, low] = length.to_be_bytes();
        self.set(5, &[high, middle, low]);
        self
    }

    /// Creates a NOP-In that answers a ping.
    pub(crate) fn pong(task_tag: u32) -> Self {
        let mut reply = Self::new(0x20, 0x80, task_tag);
        reply.set(20, &NO_TAG.to_be_bytes());
        reply
    }

    /// Creates a NOP-In that asks for an answer.
    pub(crate) fn ping(transfer_tag: u32) -> Self {
        let mut reply = Self::new(0x20, 0x80, NO_TAG);
        reply.set(20, &transfer_tag.to_be_bytes());
        reply
    }

    /// Creates a SCSI Response. `exp_data_sn` is the number of Data-In PDUs or R2Ts of the command.
    pub(crate) fn response(
        task_tag: u32,
        status: u8,
        residual: Residual,
        exp_data_sn: u32,
    ) -> Self {
        let (bits, count) = residual.bits();
        let mut reply = Self::new(0x21, 0x80 | bits, task_tag);
        reply.set(3, &[status]);
        reply.set(36, &exp_data_sn.to_be_bytes());
        reply.set(44, &count.to_be_bytes());
        reply
    }

    /// Creates a Task Management Function Response.
    pub(crate) fn function_response(task_tag: u32, response: u8) -> Self {
        let mut reply = Self::new(0x22, 0x80, task_tag);
        reply.set(2, &[response]);
        reply
    }

    /// Creates a Login Response.
    pub(crate) fn login(request: &Login<'_>, tsih: u16, status: LoginStatus) -> Self {
        let mut reply = Self::new(0x23, 0, request.0.task_tag());
        reply.set(8, &request.isid());
        reply.set(14, &tsih.to_be_bytes());
        reply.set(36, &status.0.to_be_bytes());
        reply
    }

    /// Sets the stage of a Login Response, and the next stage of a transition.
    pub(crate) fn in_stage(mut self, stage: Stage, next: Option<Stage>) -> Self {
        let transit = next.map_or(0, |next| 0x80 | next.bits());
        self.set(1, &[transit | (stage.bits() << 2)]);
        self
    }

    /// Creates a Text Response. It is final if `transfer_tag` is [`NO_TAG`]; else the initiator
    /// asks for the rest with this tag.
    pub(crate) fn text(task_tag: u32, transfer_tag: u32) -> Self {
        let flags = if transfer_tag == NO_TAG { 0x80 } else { 0x40 };
        let mut reply = Self::new(0x24, flags, task_tag);
        reply.set(20, &transfer_tag.to_be_bytes());
        reply
    }

    /// Creates the empty Text Response to a request that continues in the next PDU.
    pub(crate) fn text_goes_on(task_tag: u32) -> Self {
        let mut reply = Self::new(0x24, 0, task_tag);
        reply.set(20, &1u32.to_be_bytes());
        reply
    }

    /// Creates a SCSI Data-In at `offset`. `is_final` ends a sequence.
    pub(crate) fn data_in(task_tag: u32, data_sn: u32, offset: u32, is_final: bool) -> Self {
        let mut reply = Self::new(0x25, if is_final { 0x80 } else { 0 }, task_tag);
        reply.set(20, &NO_TAG.to_be_bytes());
        reply.set(36, &data_sn.to_be_bytes());
        reply.set(40, &offset.to_be_bytes());
        reply
    }

    /// Sets the status of the last SCSI Data-In of a read.
    pub(crate) fn with_status(mut self, status: u8, residual: Residual) -> Self {
        let (bits, count) = residual.bits();
        self.set(1, &[0x81 | bits]);
        self.set(3, &[status]);
        self.set(44, &count.to_be_bytes());
        self
    }

    /// Creates a Logout Response.
    pub(crate) fn logout(task_tag: u32, response: u8) -> Self {
        let mut reply = Self::new(0x26, 0x80, task_tag);
        reply.set(2, &[response]);
        reply
    }

    /// Creates a Ready To Transfer (R2T) for `length` bytes at `offset`.
    pub(crate) fn ready_to_transfer(
        request: &Request,
        transfer_tag: u32,
        r2t_sn: u32,
        offset: u32,
        length: u32,
    ) -> Self {
        let mut reply = Self::new(0x31, 0x80, request.task_tag());
        reply.set(8, request.as_bytes().get(8..16).unwrap_or_default());
        reply.set(20, &transfer_tag.to_be_bytes());
        reply.set(36, &r2t_sn.to_be_bytes());
        reply.set(40, &offset.to_be_bytes());
        reply.set(44, &length.to_be_bytes());
        reply
    }

    /// Creates the Asynchronous Message (section 11.9) that requests a logout within `seconds`.
    pub(crate) fn logout_request(seconds: u16) -> Self {
        let mut reply = Self::new(0x32, 0x80, NO_TAG);
        reply.set(36, &[1]);
        reply.set(42, &seconds.to_be_bytes());
        reply
    }

    /// Creates a Reject. The data segment must be the header of the rejected PDU.
    pub(crate) fn reject(reason: Reject) -> Self {
        let mut reply = Self::new(0x3f, 0x80, NO_TAG);
        reply.set(2, &[reason as u8]);
        reply
    }
}
