// SPDX-License-Identifier: GPL-2.0-only

//! Fibre Channel port names and TransportIDs.
//!
//! An N_Port_Name is eight bytes, in text eight pairs of hexadecimal digits with colons between
//! them. The TransportID (SPC-4, section 7.6.4.2) has 24 bytes and holds the name at byte 8.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "what a NOP data path needs of it is the names")]

/// The length of a TransportID.
pub(crate) const LEN: usize = 24;

const PROTOCOL: u8 = 0x00;
const TEXT_LEN: usize = 23;

/// The name of a Fibre Channel port, target or initiator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PortName {
    /// The name, followed by NUL.
    text: [u8; TEXT_LEN + 1],
    value: u64,
}

impl PortName {
    /// The accepted form, for messages.
    pub(crate) const FORM: &'static str =
        "lower-case hexadecimal digits as in 21:00:00:24:ff:31:4c:48";

    /// Whether this is a name in its canonical form.
    pub(crate) fn is_valid(name: &[u8]) -> bool {
        Self::parse(name).is_some()
    }

    /// Reads a name in its canonical form, lower case with colons.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let mut text = [0; TEXT_LEN + 1];
        text.get_mut(..name.len())?.copy_from_slice(name);
        let mut value = 0;
        let mut pairs: usize = 0;
        for pair in name.split(|byte| *byte == b':') {
            let &[high, low] = pair else { return None };
            value = value << 8 | u64::from(digit(high)?) << 4 | u64::from(digit(low)?);
            pairs = pairs.saturating_add(1);
        }
        (pairs == 8).then_some(Self { text, value })
    }

    /// The port with this N_Port_Name.
    pub(crate) fn from_value(value: u64) -> Self {
        let mut text = [0; TEXT_LEN + 1];
        for (group, byte) in text.chunks_mut(3).zip(value.to_be_bytes()) {
            let digits = [hex(byte >> 4), hex(byte & 0xf), b':'];
            for (place, digit) in group.iter_mut().zip(digits) {
                *place = digit;
            }
        }
        if let Some(last) = text.last_mut() {
            *last = 0;
        }
        Self { text, value }
    }

    /// The N_Port_Name.
    pub(crate) fn value(&self) -> u64 {
        self.value
    }

    /// The name.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.split_last().map_or(&[], |(_, name)| name)
    }

    /// The name and the NUL that ends it.
    pub(crate) fn to_bytes_with_nul(&self) -> &[u8] {
        &self.text
    }
}

/// The TransportID of `name`.
pub(crate) fn encode(name: &PortName) -> [u8; LEN] {
    let mut id = [0; LEN];
    for (place, byte) in id.iter_mut().skip(8).zip(name.value.to_be_bytes()) {
        *place = byte;
    }
    id
}

/// Reads a TransportID; `None` for everything that [`encode`] could not have written.
pub(crate) fn decode(bytes: &[u8]) -> Option<PortName> {
    let id: &[u8; LEN] = bytes.try_into().ok()?;
    let value = id
        .iter()
        .skip(8)
        .take(8)
        .fold(0, |value, byte| value << 8 | u64::from(*byte));
    let name = PortName::from_value(value);
    (id.first() == Some(&PROTOCOL) && encode(&name) == *id).then_some(name)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => byte.checked_sub(b'0'),
        b'a'..=b'f' => byte.checked_sub(b'a' - 10),
        _ => None,
    }
}

fn hex(nibble: u8) -> u8 {
    b"0123456789abcdef"
        .get(usize::from(nibble))
        .copied()
        .unwrap_or_default()
}
