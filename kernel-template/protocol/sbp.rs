// SPDX-License-Identifier: GPL-2.0-only

//! IEEE 1394 (SBP) port names and TransportIDs.
//!
//! An EUI-64 has eight bytes. The canonical name of a port is their 16 lower-case hexadecimal
//! digits, as target core derives it from a TransportID. [`PortName::parse`] also accepts `eui.` or
//! `0x` before the digits, and upper case; the driver refuses these for directories.
//!
//! A TransportID (SPC-4, section 7.6.4.4) has 24 bytes, with the EUI-64 at byte 8.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "without a data path only the names are used")]

mod hex;
mod name;

use name::Name;

/// Length of a TransportID, in bytes.
pub(crate) const LEN: usize = 24;

const PROTOCOL: u8 = 0x03;
const TEXT_LEN: usize = 16;

/// The name of an IEEE 1394 port, target or initiator.
pub(crate) type PortName = Name<u64, { TEXT_LEN + 1 }>;

impl PortName {
    /// Form of the accepted names, for messages.
    pub(crate) const FORM: &'static str =
        "16 lower-case hexadecimal digits, as in 0090270001abcdef";

    /// Parses a name in any of its spellings.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let digits = name::strip_prefix(name, b"eui.")
            .or_else(|| name::strip_prefix(name, b"0x"))
            .unwrap_or(name);
        let bytes = hex::read_bytes(digits.chunks(2))?;
        Some(Self::from_value(u64::from_be_bytes(bytes)))
    }

    /// Returns true if `name` is in its canonical form.
    pub(crate) fn is_canonical(name: &[u8]) -> bool {
        Self::parse(name).is_some_and(|port| port.as_bytes() == name)
    }

    /// Creates the name of the port with this EUI-64.
    pub(crate) fn from_value(value: u64) -> Self {
        Self::new(hex::digits(value.to_be_bytes()), value)
    }
}

/// Returns the TransportID of `name`.
pub(crate) fn encode(name: &PortName) -> [u8; LEN] {
    let mut id = [0; LEN];
    let bytes = [PROTOCOL, 0, 0, 0, 0, 0, 0, 0].into_iter();
    for (place, byte) in id.iter_mut().zip(bytes.chain(name.value().to_be_bytes())) {
        *place = byte;
    }
    id
}

/// Parses a TransportID. Returns `None` for one that [`encode`] cannot write.
pub(crate) fn decode(id: &[u8]) -> Option<PortName> {
    let value = id.get(8..16)?.try_into().ok()?;
    let name = PortName::from_value(u64::from_be_bytes(value));
    (encode(&name) == *id).then_some(name)
}
