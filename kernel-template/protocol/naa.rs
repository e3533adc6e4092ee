// SPDX-License-Identifier: GPL-2.0-only

//! Port names of the protocols with NAA names and without TransportIDs: ADT, ATA and UAS.
//!
//! The canonical name of a port is `naa.` and the 16 lower-case hexadecimal digits of eight bytes,
//! as in SAS. [`PortName::parse`] also accepts `0x` before the digits, the digits alone, and upper
//! case; the driver refuses these for directories.
//!
//! T10 defines no TransportID for these protocols.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "without a data path only the names are used")]

mod hex;
mod name;

use name::Name;

const PREFIX: &[u8] = b"naa.";
const TEXT_LEN: usize = 20;

/// The name of a port, target or initiator.
pub(crate) type PortName = Name<u64, { TEXT_LEN + 1 }>;

impl PortName {
    /// Form of the accepted names, for messages.
    pub(crate) const FORM: &'static str =
        "naa. and 16 lower-case hexadecimal digits, as in naa.5001405abcdef012";

    /// Parses a name in any of its spellings.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let digits = name::strip_prefix(name, PREFIX)
            .or_else(|| name::strip_prefix(name, b"0x"))
            .unwrap_or(name);
        let bytes = hex::read_bytes(digits.chunks(2))?;
        Some(Self::from_value(u64::from_be_bytes(bytes)))
    }

    /// Returns true if `name` is in its canonical form.
    pub(crate) fn is_canonical(name: &[u8]) -> bool {
        Self::parse(name).is_some_and(|port| port.as_bytes() == name)
    }

    /// Creates the name of the port with this NAA name.
    pub(crate) fn from_value(value: u64) -> Self {
        let digits = hex::digits(value.to_be_bytes());
        Self::new(PREFIX.iter().copied().chain(digits), value)
    }
}
