// SPDX-License-Identifier: GPL-2.0-only

//! Serial Storage Architecture port names.
//!
//! An SSA unique identifier has eight bytes. The canonical name of a port is their 16 lower-case
//! hexadecimal digits. [`PortName::parse`] also accepts `0x` before the digits, and upper case; the
//! driver refuses these for directories.
//!
//! T10 defines no TransportID for the protocol.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "without a data path only the names are used")]

mod hex;
mod name;

use name::Name;

const TEXT_LEN: usize = 16;

/// The name of an SSA port, target or initiator.
pub(crate) type PortName = Name<u64, { TEXT_LEN + 1 }>;

impl PortName {
    /// Form of the accepted names, for messages.
    pub(crate) const FORM: &'static str =
        "16 lower-case hexadecimal digits, as in 50050760000012ab";

    /// Parses a name in any of its spellings.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let digits = name::strip_prefix(name, b"0x").unwrap_or(name);
        let bytes = hex::read_bytes(digits.chunks(2))?;
        Some(Self::from_value(u64::from_be_bytes(bytes)))
    }

    /// Returns true if `name` is in its canonical form.
    pub(crate) fn is_canonical(name: &[u8]) -> bool {
        Self::parse(name).is_some_and(|port| port.as_bytes() == name)
    }

    /// Creates the name of the port with this unique identifier.
    pub(crate) fn from_value(value: u64) -> Self {
        Self::new(hex::digits(value.to_be_bytes()), value)
    }
}
