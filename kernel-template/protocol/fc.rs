// SPDX-License-Identifier: GPL-2.0-only

//! Fibre Channel port names and TransportIDs.
//!
//! An N_Port_Name has eight bytes. The canonical name of a port is their 16 lower-case hexadecimal
//! digits with colons between the bytes, as target core derives it from a TransportID.
//! [`PortName::parse`] also accepts `0x` before the digits, the digits alone, and upper case; the
//! driver refuses these for directories.
//!
//! A TransportID (SPC-4, section 7.6.4.2) has 24 bytes, with the N_Port_Name at byte 8.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "without a data path only the names are used")]

mod hex;
mod name;

use name::Name;

/// Length of a TransportID, in bytes.
pub(crate) const LEN: usize = 24;

const PROTOCOL: u8 = 0x00;
const TEXT_LEN: usize = 23;

/// The name of a Fibre Channel port, target or initiator.
pub(crate) type PortName = Name<u64, { TEXT_LEN + 1 }>;

impl PortName {
    /// Form of the accepted names, for messages.
    pub(crate) const FORM: &'static str =
        "8 pairs of lower-case hexadecimal digits with colons, as in 21:00:00:24:ff:31:4c:48";

    /// Parses a name in any of its spellings.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let digits = name::strip_prefix(name, b"0x").unwrap_or(name);
        let with_colons = hex::read_bytes(name.split(|byte| *byte == b':'));
        let bytes = with_colons.or_else(|| hex::read_bytes(digits.chunks(2)))?;
        Some(Self::from_value(u64::from_be_bytes(bytes)))
    }

    /// Returns true if `name` is in its canonical form.
    pub(crate) fn is_canonical(name: &[u8]) -> bool {
        Self::parse(name).is_some_and(|port| port.as_bytes() == name)
    }

    /// Creates the name of the port with this N_Port_Name.
    pub(crate) fn from_value(value: u64) -> Self {
        let mut text = *b"00:00:00:00:00:00:00:00";
        let digits = hex::digits(value.to_be_bytes());
        let places = text.iter_mut().filter(|byte| **byte == b'0');
        for (place, digit) in places.zip(digits) {
            *place = digit;
        }
        Self::new(text, value)
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
