// SPDX-License-Identifier: GPL-2.0-only

//! PCI Express port names.
//!
//! The canonical name of a port is its address as lspci prints it, in lower-case hexadecimal:
//! domain, colon, bus, colon, device, dot, function. [`PortName::parse`] also accepts a name
//! without domain 0, and upper case; the driver refuses these for directories.
//!
//! T10 defines no TransportID for the protocol.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "without a data path only the names are used")]

mod hex;
mod name;

use name::Name;

const TEXT_LEN: usize = 12;

/// The name of a PCI Express port, target or initiator.
pub(crate) type PortName = Name<(u16, u16), { TEXT_LEN + 1 }>;

impl PortName {
    /// Form of the accepted names, for messages.
    pub(crate) const FORM: &'static str =
        "a PCI domain, bus, device and function in lower case, as in 0000:3b:00.1";

    /// Parses a name in any of its spellings.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let &[ref front @ .., b0, b1, b':', d0, d1, b'.', function] = name else {
            return None;
        };
        let domain = match *front {
            [] => [0, 0],
            [d0, d1, d2, d3, b':'] => [hex::read_pair(&[d0, d1])?, hex::read_pair(&[d2, d3])?],
            _ => return None,
        };
        let (bus, device, function) = (
            hex::read_pair(&[b0, b1])?,
            hex::read_pair(&[d0, d1])?,
            hex::read_digit(function)?,
        );
        if function > 0x7 {
            return None;
        }
        // A device of more than five bits does not fit.
        let low = device.checked_mul(8)?.checked_add(function)?;
        let routing_id = u16::from_be_bytes([bus, low]);
        Some(Self::from_ids(u16::from_be_bytes(domain), routing_id))
    }

    /// Returns true if `name` is in its canonical form.
    pub(crate) fn is_canonical(name: &[u8]) -> bool {
        Self::parse(name).is_some_and(|port| port.as_bytes() == name)
    }

    /// Creates the name of the port with this routing identifier in this domain.
    pub(crate) fn from_ids(domain: u16, routing_id: u16) -> Self {
        let ([high, low], [bus, rest]) = (domain.to_be_bytes(), routing_id.to_be_bytes());
        let (device, function) = (rest / 8, rest % 8);
        let digits = hex::digits([high, low, bus, device]);
        let mut text = *b"0000:00:00.0";
        let places = text.iter_mut().filter(|byte| **byte == b'0');
        for (place, digit) in places.zip(digits.chain([hex::digit(function)])) {
            *place = digit;
        }
        Self::new(text, (domain, routing_id))
    }

    /// Returns the domain.
    pub(crate) fn domain(&self) -> u16 {
        self.value().0
    }

    /// Returns the routing identifier: bus, device and function in 8, 5 and 3 bits.
    pub(crate) fn routing_id(&self) -> u16 {
        self.value().1
    }
}
