// SPDX-License-Identifier: GPL-2.0-only

//! Information units of USB Attached SCSI, UAS section 6.2.

#![forbid(unsafe_code)]

use crate::{
    gadget::sense::SENSE_MAX,
    target::{TaskAttribute, TmrStatus}, //
};

/// Identifiers of information units.
const COMMAND: u8 = 0x01;
const STATUS: u8 = 0x03;
const RESPONSE: u8 = 0x04;
const TASK_MANAGEMENT: u8 = 0x05;
const READ_READY: u8 = 0x06;
const WRITE_READY: u8 = 0x07;

/// Lengths of units, in bytes: a command without additional bytes, a task management function, and
/// a status without sense data.
const COMMAND_LEN: usize = 32;
const TASK_MANAGEMENT_LEN: usize = 16;
const STATUS_LEN: usize = 16;

/// Maximum length of a command, in bytes: 252 bytes may be added to its descriptor block.
pub(super) const COMMAND_MAX: usize = COMMAND_LEN + 0xfc;

/// Maximum length of a unit that is sent, in bytes.
pub(super) const REPLY_MAX: usize = STATUS_LEN + SENSE_MAX;

/// A unit from the host.
pub(super) enum Received<'a> {
    Command {
        tag: u16,
        lun: u64,
        attribute: TaskAttribute,
        cdb: &'a [u8],
    },
    Management {
        tag: u16,
        lun: u64,
        function: u8,
        task: u16,
    },
    /// Another unit, or one that is too short.
    Invalid { tag: u16 },
}

impl<'a> Received<'a> {
    /// Parses a unit. Returns `None` if it is too short to have a tag.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let [kind, _, high, low, ..] = bytes else {
            return None;
        };
        let tag = u16::from_be_bytes([*high, *low]);
        let parsed = match *kind {
            COMMAND => Self::command(tag, bytes),
            TASK_MANAGEMENT => Self::management(tag, bytes),
            _ => None,
        };
        Some(parsed.unwrap_or(Self::Invalid { tag }))
    }

    fn command(tag: u16, bytes: &'a [u8]) -> Option<Self> {
        let head = bytes.get(..COMMAND_LEN)?;
        let additional = usize::from(head[6] & 0xfc);
        Some(Self::Command {
            tag,
            lun: lun(bytes)?,
            attribute: match head[4] & 0x07 {
                1 => TaskAttribute::HEAD,
                2 => TaskAttribute::ORDERED,
                _ => TaskAttribute::SIMPLE,
            },
            cdb: bytes.get(16..COMMAND_LEN + additional)?,
        })
    }

    fn management(tag: u16, bytes: &'a [u8]) -> Option<Self> {
        let bytes = bytes.get(..TASK_MANAGEMENT_LEN)?;
        Some(Self::Management {
            tag,
            lun: lun(bytes)?,
            function: bytes[4],
            task: u16::from_be_bytes([bytes[6], bytes[7]]),
        })
    }
}

/// Returns the logical unit number of a unit, SAM-5 section 4.7: one level, with peripheral device
/// or flat space addressing. Others are for target core to refuse.
fn lun(bytes: &[u8]) -> Option<u64> {
    let lun: [u8; 8] = bytes.get(8..16)?.try_into().ok()?;
    Some(match lun {
        [high @ 0..=0x7f, low, 0, 0, 0, 0, 0, 0] => {
            u64::from(u16::from_be_bytes([high & 0x3f, low]))
        }
        _ => u64::from_be_bytes(lun) | 1 << 63,
    })
}

/// Task management functions.
pub(super) mod function {
    pub(in crate::gadget) const ABORT_TASK: u8 = 0x01;
    pub(in crate::gadget) const ABORT_TASK_SET: u8 = 0x02;
    pub(in crate::gadget) const CLEAR_TASK_SET: u8 = 0x04;
    pub(in crate::gadget) const LOGICAL_UNIT_RESET: u8 = 0x08;
    pub(in crate::gadget) const CLEAR_ACA: u8 = 0x40;
    pub(in crate::gadget) const QUERY_TASK: u8 = 0x80;
    pub(in crate::gadget) const QUERY_TASK_SET: u8 = 0x81;
}

/// Response codes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Complete = 0x00,
    InvalidUnit = 0x02,
    NotSupported = 0x04,
    Failed = 0x05,
    Succeeded = 0x08,
    IncorrectLun = 0x09,
    OverlappedTag = 0x0a,
}

impl From<TmrStatus> for Code {
    fn from(status: TmrStatus) -> Self {
        match status {
            TmrStatus::Complete | TmrStatus::NoTask => Self::Complete,
            TmrStatus::NoLun => Self::IncorrectLun,
            TmrStatus::NotSupported | TmrStatus::Rejected => Self::NotSupported,
            TmrStatus::Failed => Self::Failed,
        }
    }
}

/// A unit to the host.
pub(super) enum Reply<'a> {
    ReadReady,
    WriteReady,
    Status { status: u8, sense: &'a [u8] },
    Response(Code),
}

impl Reply<'_> {
    /// Writes the unit, and returns its length in bytes.
    pub(super) fn write(&self, tag: u16, to: &mut [u8]) -> u32 {
        let [high, low] = tag.to_be_bytes();
        let mut head = [0; STATUS_LEN];
        [head[2], head[3]] = [high, low];
        let (kind, length, sense): (_, _, &[u8]) = match self {
            Self::ReadReady => (READ_READY, 4, &[]),
            Self::WriteReady => (WRITE_READY, 4, &[]),
            Self::Status { status, sense } => {
                head[6] = *status;
                [head[14], head[15]] = (sense.len() as u16).to_be_bytes();
                (STATUS, STATUS_LEN, *sense)
            }
            Self::Response(code) => {
                head[7] = *code as u8;
                (RESPONSE, 8, &[])
            }
        };
        head[0] = kind;
        let bytes = head.iter().take(length).chain(sense);
        let mut written = 0;
        for (place, byte) in to.iter_mut().zip(bytes) {
            *place = *byte;
            written += 1;
        }
        written
    }
}
