// SPDX-License-Identifier: GPL-2.0-only

//! The wrappers of commands and status in the bulk-only transport.
//!
//! Universal Serial Bus Mass Storage Class, Bulk-Only Transport 1.0, section 5.

#![forbid(unsafe_code)]

use crate::target::Direction;

/// Signatures, in the order of the bytes.
const COMMAND_SIGNATURE: [u8; 4] = *b"USBC";
const STATUS_SIGNATURE: [u8; 4] = *b"USBS";

/// Length of a command wrapper, in bytes.
const COMMAND_LEN: usize = 31;

/// Length of a status wrapper, in bytes.
pub(super) const STATUS_LEN: usize = 13;

/// Maximum length of a command descriptor block, in bytes.
const CDB_MAX: usize = 16;

/// A command wrapper.
pub(super) struct CommandWrapper {
    /// `dCBWTag`.
    pub(super) tag: u32,
    /// `dCBWDataTransferLength`: number of bytes that the host moves.
    pub(super) length: u32,
    /// Direction of the data; none if the length is 0.
    pub(super) direction: Direction,
    /// `bCBWLUN`.
    pub(super) lun: u8,
    /// Command descriptor block, padded with zeros.
    pub(super) cdb: [u8; CDB_MAX],
}

impl CommandWrapper {
    /// Parses a wrapper. Returns `None` unless it is valid and meaningful: sections 6.2.1, 6.2.2.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; COMMAND_LEN] = bytes.try_into().ok()?;
        let [s0, s1, s2, s3, t0, t1, t2, t3, l0, l1, l2, l3, flags, lun, len, cdb @ ..] = bytes;
        let length = u32::from_le_bytes([*l0, *l1, *l2, *l3]);
        let len = usize::from(*len);
        let is_valid = [*s0, *s1, *s2, *s3] == COMMAND_SIGNATURE
            && flags & 0x7f == 0
            && lun & 0xf0 == 0
            && (1..=CDB_MAX).contains(&len);
        let direction = match (length, flags & 0x80) {
            (0, _) => Direction::NONE,
            (_, 0) => Direction::OUT,
            _ => Direction::IN,
        };
        let mut cdb = *cdb;
        cdb.iter_mut().skip(len).for_each(|byte| *byte = 0);
        is_valid.then_some(Self {
            tag: u32::from_le_bytes([*t0, *t1, *t2, *t3]),
            length,
            direction,
            lun: *lun,
            cdb,
        })
    }
}

/// `bCSWStatus`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Passed = 0,
    Failed = 1,
    PhaseError = 2,
}

/// Writes a status wrapper.
pub(super) fn write_status(to: &mut [u8], tag: u32, residue: u32, status: Status) {
    let parts = [
        STATUS_SIGNATURE,
        tag.to_le_bytes(),
        residue.to_le_bytes(),
        [status as u8, 0, 0, 0],
    ];
    for (place, byte) in to.iter_mut().zip(parts.iter().flatten()) {
        *place = *byte;
    }
}
