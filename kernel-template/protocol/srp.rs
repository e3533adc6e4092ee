// SPDX-License-Identifier: GPL-2.0-only

//! SRP port names and TransportIDs.
//!
//! A port identifier has 16 bytes. The canonical name of a port is `0x` and their 32 lower-case
//! hexadecimal digits, as target core derives it from a TransportID. [`PortName::parse`] also
//! accepts the digits alone, an even number of digits without leading zeros, the form of an
//! `InfiniBand` GID (eight groups of four digits with colons), and upper case; the driver refuses
//! these for directories.
//!
//! A TransportID (SPC-4, section 7.6.4.5) has 24 bytes, with the identifier at byte 8.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "without a data path only the names are used")]

mod hex;
mod name;

use name::Name;

/// Length of a TransportID, in bytes.
pub(crate) const LEN: usize = 24;

const PROTOCOL: u8 = 0x04;
const PREFIX: &[u8] = b"0x";
const TEXT_LEN: usize = 34;

/// The name of an SRP port, target or initiator.
pub(crate) type PortName = Name<[u8; 16], { TEXT_LEN + 1 }>;

impl PortName {
    /// Form of the accepted names, for messages.
    pub(crate) const FORM: &'static str =
        "0x and 32 lower-case hexadecimal digits, as in 0xfe80000000000000001175000077d8ee";

    /// Parses a name in any of its spellings.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        gid(name)
            .or_else(|| right_aligned(name))
            .map(Self::from_value)
    }

    /// Returns true if `name` is in its canonical form.
    pub(crate) fn is_canonical(name: &[u8]) -> bool {
        Self::parse(name).is_some_and(|port| port.as_bytes() == name)
    }

    /// Creates the name of the port with this identifier.
    pub(crate) fn from_value(value: [u8; 16]) -> Self {
        let digits = hex::digits(value);
        Self::new(PREFIX.iter().copied().chain(digits), value)
    }
}

/// Returns the TransportID of `name`.
pub(crate) fn encode(name: &PortName) -> [u8; LEN] {
    let mut id = [0; LEN];
    let bytes = [PROTOCOL, 0, 0, 0, 0, 0, 0, 0].into_iter();
    for (place, byte) in id.iter_mut().zip(bytes.chain(name.value())) {
        *place = byte;
    }
    id
}

/// Parses a TransportID. Returns `None` for one that [`encode`] cannot write.
pub(crate) fn decode(id: &[u8]) -> Option<PortName> {
    let name = PortName::from_value(id.get(8..)?.try_into().ok()?);
    (encode(&name) == *id).then_some(name)
}

/// Parses up to 32 digits with an optional prefix. Missing leading bytes are zero.
fn right_aligned(name: &[u8]) -> Option<[u8; 16]> {
    let digits = name::strip_prefix(name, PREFIX).unwrap_or(name);
    if !matches!(digits.len(), 2..=32) {
        return None;
    }
    let mut value = [0; 16];
    for (byte, digits) in value.iter_mut().rev().zip(digits.rchunks(2)) {
        *byte = hex::read_pair(digits)?;
    }
    Some(value)
}

/// Parses eight groups of four digits with colons between them.
fn gid(name: &[u8]) -> Option<[u8; 16]> {
    let mut groups = name.split(|byte| *byte == b':');
    let mut value = [0; 16];
    for bytes in value.chunks_mut(2) {
        let group: &[u8; 4] = groups.next()?.try_into().ok()?;
        for (byte, digits) in bytes.iter_mut().zip(group.chunks(2)) {
            *byte = hex::read_pair(digits)?;
        }
    }
    groups.next().is_none().then_some(value)
}
