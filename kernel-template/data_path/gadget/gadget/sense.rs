// SPDX-License-Identifier: GPL-2.0-only

//! Sense data, SPC-4 section 4.5.

#![forbid(unsafe_code)]

/// Maximum length of sense data, in bytes.
pub(super) const SENSE_MAX: usize = 96;

/// Reasons for the failure of a command that target core does not know.
#[derive(Clone, Copy)]
pub(super) enum Reason {
    /// NOT READY, logical unit communication failure.
    NoNexus,
    /// ABORTED COMMAND, without more.
    Aborted,
    /// MISCOMPARE, miscompare during verify operation.
    Miscompare,
    /// ILLEGAL REQUEST, invalid field in the command descriptor block.
    InvalidField,
}

/// Sense data.
#[derive(Clone, Copy)]
pub(super) struct Sense {
    pub(super) bytes: [u8; SENSE_MAX],
    pub(super) len: u8,
}

impl Sense {
    /// Copies sense data of target core, whose length follows from their header.
    pub(super) fn of(bytes: &[u8; SENSE_MAX]) -> Self {
        Self {
            bytes: *bytes,
            len: bytes[7].saturating_add(8).min(SENSE_MAX as u8),
        }
    }

    /// Makes sense data in the fixed format.
    pub(super) fn new(reason: Reason) -> Self {
        let (key, code) = match reason {
            Reason::NoNexus => (0x02, 0x08),
            Reason::Aborted => (0x0b, 0x00),
            Reason::InvalidField => (0x05, 0x24),
            Reason::Miscompare => (0x0e, 0x1d),
        };
        let mut bytes = [0; SENSE_MAX];
        bytes[0] = 0x70;
        bytes[2] = key;
        bytes[7] = 10;
        bytes[12] = code;
        Self { bytes, len: 18 }
    }

    /// Returns the bytes.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}
