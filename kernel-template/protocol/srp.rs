// SPDX-License-Identifier: GPL-2.0-only

//! SRP port names and TransportIDs.
//!
//! A port identifier is 16 bytes, in text `0x` and 32 hexadecimal digits. Fewer digits, an even
//! number of them, are the last bytes of an identifier that begins with zeros, as target core has
//! it. The digits alone, and the form of an InfiniBand GID, eight groups of four with colons
//! between them, mean the same port. The TransportID (SPC-4, section 7.6.4.5) has 24 bytes and
//! holds the identifier at byte 8.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "what a NOP data path needs of it is the names")]

/// The length of a TransportID.
pub(crate) const LEN: usize = 24;

const PROTOCOL: u8 = 0x04;
const PREFIX: &[u8] = b"0x";
const TEXT_LEN: usize = 34;

/// The name of an SRP port, target or initiator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PortName {
    /// The name in its canonical form, followed by NUL.
    text: [u8; TEXT_LEN + 1],
    value: [u8; 16],
}

impl PortName {
    /// The accepted names, for messages.
    pub(crate) const FORM: &'static str =
        "2 to 32 hexadecimal digits in pairs, after 0x or alone, or fe80:0000: and so on";

    /// The accepted names of an initiator, for messages.
    pub(crate) const INITIATOR_FORM: &'static str =
        "2 to 32 hexadecimal digits in pairs, after 0x or alone";

    /// Reads a name in any of its spellings.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        gid(name)
            .or_else(|| right_aligned(name))
            .map(Self::from_value)
    }

    /// Whether two names are spellings of one port.
    pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
        Self::parse(one).is_some_and(|one| Self::parse(other) == Some(one))
    }

    /// Whether target core makes this port's TransportID of a node ACL of this name: it does not
    /// know colons.
    pub(crate) fn is_valid_initiator(name: &[u8]) -> bool {
        right_aligned(name).is_some()
    }

    /// The port with this identifier.
    pub(crate) fn from_value(value: [u8; 16]) -> Self {
        let mut text = [0; TEXT_LEN + 1];
        let digits = value
            .into_iter()
            .flat_map(|byte| [hex(byte / 16), hex(byte % 16)]);
        for (place, byte) in text.iter_mut().zip(PREFIX.iter().copied().chain(digits)) {
            *place = byte;
        }
        Self { text, value }
    }

    /// The port identifier.
    pub(crate) fn value(&self) -> [u8; 16] {
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
    let bytes = [PROTOCOL, 0, 0, 0, 0, 0, 0, 0].into_iter();
    for (place, byte) in id.iter_mut().zip(bytes.chain(name.value)) {
        *place = byte;
    }
    id
}

/// Reads a TransportID; `None` for everything that [`encode`] could not have written.
pub(crate) fn decode(id: &[u8]) -> Option<PortName> {
    let name = PortName::from_value(id.get(8..)?.try_into().ok()?);
    (encode(&name) == *id).then_some(name)
}

/// Reads up to 32 digits, after a prefix or not; the bytes that they leave out are the first, and
/// zero.
fn right_aligned(name: &[u8]) -> Option<[u8; 16]> {
    let digits = strip(name, PREFIX).unwrap_or(name);
    if !matches!(digits.len(), 2..=32) {
        return None;
    }
    let mut value = [0; 16];
    for (byte, digits) in value.iter_mut().rev().zip(digits.rchunks(2)) {
        *byte = pair(digits)?;
    }
    Some(value)
}

/// Reads eight groups of four digits with colons between them.
fn gid(name: &[u8]) -> Option<[u8; 16]> {
    let mut groups = name.split(|byte| *byte == b':');
    let mut value = [0; 16];
    for bytes in value.chunks_mut(2) {
        let group: &[u8; 4] = groups.next()?.try_into().ok()?;
        for (byte, digits) in bytes.iter_mut().zip(group.chunks(2)) {
            *byte = pair(digits)?;
        }
    }
    groups.next().is_none().then_some(value)
}

/// What follows `prefix`, which may be in any case.
fn strip<'a>(name: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = (name.get(..prefix.len())?, name.get(prefix.len()..)?);
    start.eq_ignore_ascii_case(prefix).then_some(rest)
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
