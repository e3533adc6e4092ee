// SPDX-License-Identifier: GPL-2.0-only

//! PDUs, which may be invalid: RFC 7143, section 11.

use crc::{CRC_32_ISCSI, Crc};

/// A basic header segment.
pub type Header = [u8; 48];

/// The reserved tag, for no task.
pub const NO_TAG: u32 = u32::MAX;

/// The algorithm of digests.
const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// Digest of bytes, in the byte order of a PDU.
pub(super) fn digest(bytes: &[u8]) -> [u8; 4] {
    CRC32C.checksum(bytes).to_le_bytes()
}

/// Digests in the PDUs of a session.
#[derive(Clone, Copy, Debug, Default)]
pub struct Digests {
    /// Header digests.
    pub header: bool,
    /// Data digests.
    pub data: bool,
}

/// A PDU without digests.
#[derive(Clone, Debug)]
pub struct Pdu {
    /// Its header.
    pub header: Header,
    /// Its additional header segments.
    pub ahs: Vec<u8>,
    /// Its data segment, without padding.
    pub data: Vec<u8>,
}

impl Pdu {
    /// A PDU with an opcode, flags, and fields of four bytes at offsets.
    #[must_use]
    pub fn new(opcode: u8, flags: u8, fields: &[(usize, u32)]) -> Self {
        let mut header = [0; 48];
        (header[0], header[1]) = (opcode, flags);
        for (offset, value) in fields {
            header[*offset..*offset + 4].copy_from_slice(&value.to_be_bytes());
        }
        Self {
            header,
            ahs: Vec::new(),
            data: Vec::new(),
        }
    }

    /// The PDU with a data segment.
    #[must_use]
    pub fn with(mut self, data: &[u8]) -> Self {
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes();
        self.header[5..8].copy_from_slice(&length[1..]);
        self.data = data.to_vec();
        self
    }

    /// The opcode.
    #[must_use]
    pub fn opcode(&self) -> u8 {
        self.header[0] & 0x3f
    }

    /// A field of four bytes at an offset.
    #[must_use]
    pub fn field(&self, offset: usize) -> u32 {
        let bytes = [0, 1, 2, 3].map(|index| self.header[offset + index]);
        u32::from_be_bytes(bytes)
    }

    /// Bytes of the PDU without digests.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes_with(Digests::default())
    }

    /// Bytes of the PDU with digests. The lengths in its header need not be right.
    #[must_use]
    pub fn bytes_with(&self, digests: Digests) -> Vec<u8> {
        let mut bytes = [&self.header[..], &self.ahs].concat();
        if digests.header {
            bytes.extend(digest(&bytes));
        }
        let start = bytes.len();
        bytes.extend(&self.data);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        if digests.data && !self.data.is_empty() {
            bytes.extend(digest(&bytes[start..]));
        }
        bytes
    }

    /// The status of a login response.
    #[must_use]
    pub fn status(&self) -> u16 {
        u16::from_be_bytes([self.header[36], self.header[37]])
    }

    /// The value of a key in the data segment.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.data);
        let mut pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(found, _)| *found == key)
            .map(|(_, value)| value.to_owned())
    }
}

/// Opcodes of the target.
pub mod reply {
    /// A SCSI response.
    pub const RESPONSE: u8 = 0x21;
    /// A login response.
    pub const LOGIN: u8 = 0x23;
    /// Data-In.
    pub const DATA: u8 = 0x25;
    /// A logout response.
    pub const LOGOUT: u8 = 0x26;
    /// Ready To Transfer.
    pub const R2T: u8 = 0x31;
    /// A reject.
    pub const REJECT: u8 = 0x3f;
}

/// The stages of a login.
pub mod stage {
    /// Security negotiation.
    pub const SECURITY: u8 = 0;
    /// Operational negotiation.
    pub const OPERATIONAL: u8 = 1;
    /// Full feature phase.
    pub const FULL: u8 = 3;
}
