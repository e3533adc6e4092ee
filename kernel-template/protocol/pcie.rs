// SPDX-License-Identifier: GPL-2.0-only

//! PCI Express port names.
//!
//! A port is known by where it is, in text as lspci writes it: domain, colon, bus, colon, device,
//! dot, function, in hexadecimal; domain 0 may be left out. T10 defines no TransportID for the
//! protocol, so there is none to read or write here.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "what a NOP data path needs of it is the names")]

const TEXT_LEN: usize = 12;

/// The name of a PCI Express port, target or initiator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PortName {
    /// The name in its canonical form, followed by NUL.
    text: [u8; TEXT_LEN + 1],
    domain: u16,
    routing_id: u16,
}

impl PortName {
    /// The accepted names, for messages.
    pub(crate) const FORM: &'static str =
        "a PCI domain, bus, device and function as in 0000:3b:00.1; domain 0 may be left out";

    /// The accepted names of an initiator, for messages.
    pub(crate) const INITIATOR_FORM: &'static str =
        "a PCI domain, bus, device and function in lower case as in 0000:3b:00.1";

    /// Reads a name in any of its spellings.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let &[ref front @ .., b0, b1, b':', d0, d1, b'.', function] = name else {
            return None;
        };
        let domain = match *front {
            [] => [0, 0],
            [d0, d1, d2, d3, b':'] => [pair(&[d0, d1])?, pair(&[d2, d3])?],
            _ => return None,
        };
        let (bus, device, function) = (pair(&[b0, b1])?, pair(&[d0, d1])?, digit(function)?);
        if function > 0x7 {
            return None;
        }
        // A device of more than five bits does not fit.
        let low = device.checked_mul(8)?.checked_add(function)?;
        let routing_id = u16::from_be_bytes([bus, low]);
        Some(Self::from_ids(u16::from_be_bytes(domain), routing_id))
    }

    /// Whether two names are spellings of one port.
    pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
        Self::parse(one).is_some_and(|one| Self::parse(other) == Some(one))
    }

    /// Whether this is a name in its canonical form. Target core makes no TransportID of it, and
    /// takes two spellings for two ports.
    pub(crate) fn is_valid_initiator(name: &[u8]) -> bool {
        Self::parse(name).is_some_and(|port| port.as_bytes() == name)
    }

    /// The port with this routing identifier in this domain.
    pub(crate) fn from_ids(domain: u16, routing_id: u16) -> Self {
        let ([high, low], [bus, rest]) = (domain.to_be_bytes(), routing_id.to_be_bytes());
        let (device, function) = (rest / 8, rest % 8);
        let bytes = [high, low, bus, device].into_iter();
        let digits = bytes.flat_map(|byte| [hex(byte / 16), hex(byte % 16)]);
        let mut text = *b"0000:00:00.0\0";
        let places = text.iter_mut().filter(|byte| **byte == b'0');
        for (place, digit) in places.zip(digits.chain([hex(function)])) {
            *place = digit;
        }
        Self {
            text,
            domain,
            routing_id,
        }
    }

    /// The domain.
    pub(crate) fn domain(&self) -> u16 {
        self.domain
    }

    /// The routing identifier: bus, device and function in 8, 5 and 3 bits.
    pub(crate) fn routing_id(&self) -> u16 {
        self.routing_id
    }

    /// The name in its canonical form.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.split_last().map_or(&[], |(_, name)| name)
    }

    /// The name in its canonical form, and the NUL that ends it.
    pub(crate) fn to_bytes_with_nul(&self) -> &[u8] {
        &self.text
    }
}

fn pair(digits: &[u8]) -> Option<u8> {
    let &[high, low] = digits else { return None };
    digit(high)?.checked_mul(16)?.checked_add(digit(low)?)
}

fn digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

fn hex(nibble: u8) -> u8 {
    b"0123456789abcdef"
        .get(usize::from(nibble))
        .copied()
        .unwrap_or_default()
}
