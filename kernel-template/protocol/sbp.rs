// SPDX-License-Identifier: GPL-2.0-only

//! IEEE 1394 (SBP) port names and TransportIDs.
//!
//! An EUI-64 is eight bytes. A port is called by their sixteen lower-case hexadecimal digits:
//! target core makes this name of a TransportID. Other spellings, which [`PortName::parse`] reads
//! and the driver refuses: `eui.` or `0x` before the digits, and upper case.
//!
//! The TransportID (SPC-4, section 7.6.4.4) has 24 bytes and holds the EUI-64 at byte 8.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "without a data path the names alone are used")]

mod hex;
mod name;

use name::Name;

/// The length of a TransportID.
pub(crate) const LEN: usize = 24;

const PROTOCOL: u8 = 0x03;
const TEXT_LEN: usize = 16;

/// The name of an IEEE 1394 port, target or initiator.
pub(crate) type PortName = Name<u64, { TEXT_LEN + 1 }>;

impl PortName {
    /// The accepted names, for messages.
    pub(crate) const FORM: &'static str =
        "16 lower-case hexadecimal digits, as in 0090270001abcdef";

    /// Reads a name in any of its spellings.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let digits = name::strip_prefix(name, b"eui.")
            .or_else(|| name::strip_prefix(name, b"0x"))
            .unwrap_or(name);
        let bytes = hex::read_bytes(digits.chunks(2))?;
        Some(Self::from_value(u64::from_be_bytes(bytes)))
    }

    /// Whether this is a name in its canonical form.
    pub(crate) fn is_canonical(name: &[u8]) -> bool {
        Self::parse(name).is_some_and(|port| port.as_bytes() == name)
    }

    /// The port with this EUI-64.
    pub(crate) fn from_value(value: u64) -> Self {
        Self::new(hex::digits(value.to_be_bytes()), value)
    }
}

/// The TransportID of `name`.
pub(crate) fn encode(name: &PortName) -> [u8; LEN] {
    let mut id = [0; LEN];
    let bytes = [PROTOCOL, 0, 0, 0, 0, 0, 0, 0].into_iter();
    for (place, byte) in id.iter_mut().zip(bytes.chain(name.value().to_be_bytes())) {
        *place = byte;
    }
    id
}

/// Reads a TransportID; `None` for everything that [`encode`] could not have written.
pub(crate) fn decode(id: &[u8]) -> Option<PortName> {
    let value = id.get(8..16)?.try_into().ok()?;
    let name = PortName::from_value(u64::from_be_bytes(value));
    (encode(&name) == *id).then_some(name)
}
