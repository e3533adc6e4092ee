// SPDX-License-Identifier: GPL-2.0-only

//! Parallel SCSI port names and TransportIDs.
//!
//! A port has no name of its own: what it is known by is its SCSI address on the bus, and the
//! relative identifier of the target port on that bus. In text that is `spi.`, the address, a dot
//! and the identifier, both decimal. The TransportID (SPC-4, section 7.6.4.3) has 24 bytes, with
//! the address at byte 2 and the identifier at byte 6. Target core does not know it.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "what a NOP data path needs of it is the names")]

/// The length of a TransportID.
pub(crate) const LEN: usize = 24;

const PROTOCOL: u8 = 0x01;
const PREFIX: &[u8] = b"spi.";
const TEXT_MAX: usize = 15;

/// The name of a parallel SCSI port, target or initiator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PortName {
    /// The name in its canonical form, followed by NUL up to the end.
    text: [u8; TEXT_MAX + 1],
    len: usize,
    address: u16,
    target_port: u16,
}

impl PortName {
    /// The accepted names, for messages.
    pub(crate) const FORM: &'static str =
        "spi., a SCSI address, a dot and a relative target port identifier, as in spi.7.1";

    /// The accepted names of an initiator, for messages.
    pub(crate) const INITIATOR_FORM: &'static str =
        "spi., a SCSI address, a dot and a relative target port identifier, in lower case";

    /// Reads a name in any of its spellings: the prefix may be in any case.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let mut numbers = strip(name, PREFIX)?.split(|byte| *byte == b'.');
        let (address, target_port) = (number(numbers.next()?)?, number(numbers.next()?)?);
        let is_all = numbers.next().is_none();
        is_all.then(|| Self::from_numbers(address, target_port))
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

    /// The port with this SCSI address on the bus of the target port with this relative identifier.
    pub(crate) fn from_numbers(address: u16, target_port: u16) -> Self {
        let mut text = [0; TEXT_MAX + 1];
        let numbers = digits(address).chain([b'.']).chain(digits(target_port));
        let name = PREFIX.iter().copied().chain(numbers);
        let mut len: usize = 0;
        for (place, byte) in text.iter_mut().zip(name) {
            *place = byte;
            len = len.saturating_add(1);
        }
        Self {
            text,
            len,
            address,
            target_port,
        }
    }

    /// The SCSI address.
    pub(crate) fn address(&self) -> u16 {
        self.address
    }

    /// The relative identifier of the target port.
    pub(crate) fn target_port(&self) -> u16 {
        self.target_port
    }

    /// The name in its canonical form.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }

    /// The name in its canonical form, and the NUL that ends it.
    pub(crate) fn to_bytes_with_nul(&self) -> &[u8] {
        self.text.get(..=self.len).unwrap_or_default()
    }
}

/// The TransportID of `name`.
pub(crate) fn encode(name: &PortName) -> [u8; LEN] {
    let mut id = [0; LEN];
    let [address, target_port] = [name.address, name.target_port].map(u16::to_be_bytes);
    let bytes = [[PROTOCOL, 0], address, [0, 0], target_port];
    for (place, byte) in id.iter_mut().zip(bytes.into_iter().flatten()) {
        *place = byte;
    }
    id
}

/// Reads a TransportID; `None` for everything that [`encode`] could not have written.
pub(crate) fn decode(id: &[u8]) -> Option<PortName> {
    let address = u16::from_be_bytes(id.get(2..4)?.try_into().ok()?);
    let target_port = u16::from_be_bytes(id.get(6..8)?.try_into().ok()?);
    let name = PortName::from_numbers(address, target_port);
    (encode(&name) == *id).then_some(name)
}

/// What follows `prefix`, which may be in any case.
fn strip<'a>(name: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = (name.get(..prefix.len())?, name.get(prefix.len()..)?);
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Reads a decimal number without zeros before it.
fn number(digits: &[u8]) -> Option<u16> {
    if !matches!(digits, [b'0'] | [b'1'..=b'9', ..]) {
        return None;
    }
    digits.iter().try_fold(0_u16, |number, byte| {
        let digit = char::from(*byte).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit.try_into().ok()?)
    })
}

/// The decimal digits of a number, without zeros before them.
fn digits(number: u16) -> impl Iterator<Item = u8> {
    let places = [
        number / 10_000,
        number / 1000 % 10,
        number / 100 % 10,
        number / 10 % 10,
        number % 10,
    ];
    let first = places.iter().position(|digit| *digit != 0).unwrap_or(4);
    places.into_iter().skip(first).map(|digit| {
        b"0123456789"
            .get(usize::from(digit))
            .copied()
            .unwrap_or_default()
    })
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(CONFIG_KUNIT = "y", kernel::prelude::kunit_tests(tcm_template))]
mod tests {
    use super::*;

    const NAME: &[u8] = b"spi.15.4660";
    const OTHER: &[u8] = b"spi.15.4661";

    /// The same port as `NAME`.
    const SPELLINGS: [&[u8]; 2] = [b"SPI.15.4660", b"Spi.15.4660"];

    /// Each for a reason of its own.
    const REFUSED: [&[u8]; 8] = [
        b"",
        b"spi.",
        b"spi.15",
        b"spi.15.",
        b"spi.15.4660.1",
        b"spi.015.4660",
        b"spi.15.65536",
        b"spi.15.+1",
    ];

    /// Spellings of `NAME` that no node ACL may have.
    const REFUSED_INITIATORS: [&[u8]; 1] = [b"SPI.15.4660"];

    /// SPC-4, section 7.6.4.3: SCSI ADDRESS in bytes 2 and 3, RELATIVE TARGET PORT IDENTIFIER in bytes 6
    /// and 7.
    const ID: [u8; LEN] = [
        0x01, 0x00, 0x00, 0x0f, 0x00, 0x00, 0x12, 0x34, //
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
    ];

    fn port() -> PortName {
        PortName::from_numbers(15, 4660)
    }

    #[test]
    fn every_spelling_is_the_same_port() {
        for spelling in SPELLINGS {
            assert_eq!(PortName::parse(spelling), Some(port()));
            assert!(PortName::is_same(spelling, NAME));
        }
        assert_eq!(port().as_bytes(), NAME);
        assert_eq!(port().to_bytes_with_nul().split_last(), Some((&0, NAME)));
    }

    #[test]
    fn another_port_is_not_the_same() {
        assert!(PortName::parse(OTHER).is_some_and(|other| other != port()));
        assert!(!PortName::is_same(OTHER, NAME));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in REFUSED {
            assert_eq!(PortName::parse(name), None);
            assert!(!PortName::is_valid_initiator(name));
        }
    }

    #[test]
    fn an_initiator_has_a_name_that_target_core_understands() {
        assert!(PortName::is_valid_initiator(NAME));
        for spelling in REFUSED_INITIATORS {
            assert_eq!(PortName::parse(spelling), Some(port()));
            assert!(!PortName::is_valid_initiator(spelling));
        }
    }

    #[test]
    fn a_transport_id_has_24_bytes() {
        assert_eq!(encode(&port()).len(), 24);
    }

    #[test]
    fn the_transport_id_is_laid_out_as_spc_says() {
        assert_eq!(encode(&port()), ID);
        assert_eq!(decode(&ID), Some(port()));
    }

    #[test]
    fn every_byte_of_a_transport_id_counts() {
        for at in 0..LEN {
            let mut other = ID;
            for byte in other.iter_mut().skip(at).take(1) {
                *byte ^= 0x80;
            }
            assert!(decode(&other) != Some(port()));
            assert_eq!(ID.get(..at).and_then(decode), None);
        }
    }
}
