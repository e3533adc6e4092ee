// SPDX-License-Identifier: GPL-2.0-only

//! Parallel SCSI port names and TransportIDs.
//!
//! A port has no name of its own. Its canonical name is `spi.`, its SCSI address on the bus, a dot,
//! and the relative identifier of the target port on that bus, both numbers in decimal.
//! [`PortName::parse`] also accepts the prefix in upper case; the driver refuses it for
//! directories.
//!
//! A TransportID (SPC-4, section 7.6.4.3) has 24 bytes, with the address at byte 2 and the
//! identifier at byte 6. Target core does not support it.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "without a data path only the names are used")]

mod name;

use name::Name;

/// Length of a TransportID, in bytes.
pub(crate) const LEN: usize = 24;

const PROTOCOL: u8 = 0x01;
const PREFIX: &[u8] = b"spi.";
const TEXT_MAX: usize = 15;

/// The name of a parallel SCSI port, target or initiator.
pub(crate) type PortName = Name<(u16, u16), { TEXT_MAX + 1 }>;

impl PortName {
    /// Form of the accepted names, for messages.
    pub(crate) const FORM: &'static str =
        "spi., a SCSI address, a dot and a relative target port identifier, as in spi.0.1";

    /// Parses a name, with the prefix in any case.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let mut numbers = name::strip_prefix(name, PREFIX)?.split(|byte| *byte == b'.');
        let (address, target_port) = (number(numbers.next()?)?, number(numbers.next()?)?);
        let is_all = numbers.next().is_none();
        is_all.then(|| Self::from_numbers(address, target_port))
    }

    /// Returns true if `name` is in its canonical form.
    pub(crate) fn is_canonical(name: &[u8]) -> bool {
        Self::parse(name).is_some_and(|port| port.as_bytes() == name)
    }

    /// Creates the name of the port with this SCSI address on the bus of the target port with this
    /// relative identifier.
    pub(crate) fn from_numbers(address: u16, target_port: u16) -> Self {
        let numbers = digits(address).chain([b'.']).chain(digits(target_port));
        let text = PREFIX.iter().copied().chain(numbers);
        Self::new(text, (address, target_port))
    }

    /// Returns the SCSI address.
    pub(crate) fn address(&self) -> u16 {
        self.value().0
    }

    /// Returns the relative identifier of the target port.
    pub(crate) fn target_port(&self) -> u16 {
        self.value().1
    }
}

/// Returns the TransportID of `name`.
pub(crate) fn encode(name: &PortName) -> [u8; LEN] {
    let mut id = [0; LEN];
    let [address, target_port] = [name.address(), name.target_port()].map(u16::to_be_bytes);
    let bytes = [[PROTOCOL, 0], address, [0, 0], target_port];
    for (place, byte) in id.iter_mut().zip(bytes.into_iter().flatten()) {
        *place = byte;
    }
    id
}

/// Parses a TransportID. Returns `None` for one that [`encode`] cannot write.
pub(crate) fn decode(id: &[u8]) -> Option<PortName> {
    let address = u16::from_be_bytes(id.get(2..4)?.try_into().ok()?);
    let target_port = u16::from_be_bytes(id.get(6..8)?.try_into().ok()?);
    let name = PortName::from_numbers(address, target_port);
    (encode(&name) == *id).then_some(name)
}

/// Parses a decimal number without leading zeros.
fn number(digits: &[u8]) -> Option<u16> {
    if !matches!(digits, [b'0'] | [b'1'..=b'9', ..]) {
        return None;
    }
    digits.iter().try_fold(0_u16, |number, byte| {
        let digit = char::from(*byte).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit.try_into().ok()?)
    })
}

/// Returns the decimal digits of a number, without leading zeros.
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
