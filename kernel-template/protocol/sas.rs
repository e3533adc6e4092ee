// SPDX-License-Identifier: GPL-2.0-only

//! SAS port names and TransportIDs.
//!
//! A SAS address is eight bytes, in text sixteen hexadecimal digits. Target core has `naa.` before
//! them; `0x`, and the digits alone, mean the same port. The TransportID (SPC-4, section 7.6.4.7)
//! has 24 bytes and holds the address at byte 4.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "what a NOP data path needs of it is the names")]

/// The length of a TransportID.
pub(crate) const LEN: usize = 24;

const PROTOCOL: u8 = 0x06;
const PREFIX: &[u8] = b"naa.";
const TEXT_LEN: usize = 20;

/// The name of a SAS port, target or initiator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PortName {
    /// The name in its canonical form, followed by NUL.
    text: [u8; TEXT_LEN + 1],
    value: u64,
}

impl PortName {
    /// The accepted names, for messages.
    pub(crate) const FORM: &'static str =
        "16 hexadecimal digits as in naa.5001405abcdef012, after 0x, or alone";

    /// The accepted names of an initiator, for messages.
    pub(crate) const INITIATOR_FORM: &'static str =
        "naa. and 16 hexadecimal digits as in naa.5001405abcdef012";

    /// Reads a name in any of its spellings.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let digits = strip(name, PREFIX)
            .or_else(|| strip(name, b"0x"))
            .unwrap_or(name);
        let value = u64::from_be_bytes(bytes(digits.chunks(2))?);
        Some(Self::from_value(value))
    }

    /// Whether two names are spellings of one port.
    pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
        Self::parse(one).is_some_and(|one| Self::parse(other) == Some(one))
    }

    /// Whether target core makes this port's TransportID of a node ACL of this name: it skips four
    /// characters without a look, and expects the digits after them.
    pub(crate) fn is_valid_initiator(name: &[u8]) -> bool {
        strip(name, PREFIX).is_some() && Self::parse(name).is_some()
    }

    /// The port with this SAS address.
    pub(crate) fn from_value(value: u64) -> Self {
        let mut text = [0; TEXT_LEN + 1];
        let bytes = value.to_be_bytes().into_iter();
        let digits = bytes.flat_map(|byte| [hex(byte / 16), hex(byte % 16)]);
        for (place, byte) in text.iter_mut().zip(PREFIX.iter().copied().chain(digits)) {
            *place = byte;
        }
        Self { text, value }
    }

    /// The SAS address.
    pub(crate) fn value(&self) -> u64 {
        self.value
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

/// The TransportID of `name`.
pub(crate) fn encode(name: &PortName) -> [u8; LEN] {
    let mut id = [0; LEN];
    let bytes = [PROTOCOL, 0, 0, 0].into_iter();
    for (place, byte) in id.iter_mut().zip(bytes.chain(name.value.to_be_bytes())) {
        *place = byte;
    }
    id
}

/// Reads a TransportID; `None` for everything that [`encode`] could not have written.
pub(crate) fn decode(id: &[u8]) -> Option<PortName> {
    let value = id.get(4..12)?.try_into().ok()?;
    let name = PortName::from_value(u64::from_be_bytes(value));
    (encode(&name) == *id).then_some(name)
}

/// What follows `prefix`, which may be in any case.
fn strip<'a>(name: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = (name.get(..prefix.len())?, name.get(prefix.len()..)?);
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Reads eight bytes, each of them two hexadecimal digits in any case.
fn bytes<'a>(mut pairs: impl Iterator<Item = &'a [u8]>) -> Option<[u8; 8]> {
    let mut bytes = [0; 8];
    for byte in &mut bytes {
        *byte = pair(pairs.next()?)?;
    }
    pairs.next().is_none().then_some(bytes)
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
