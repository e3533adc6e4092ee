// SPDX-License-Identifier: GPL-2.0-only

//! SAS port names and TransportIDs.
//!
//! A SAS address is eight bytes, in text `naa.` and sixteen hexadecimal digits. The TransportID
//! (SPC-4, section 7.6.4.7) has 24 bytes and holds the address at byte 4.
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
    /// The name, followed by NUL.
    text: [u8; TEXT_LEN + 1],
    value: u64,
}

impl PortName {
    /// The accepted form, for messages.
    pub(crate) const FORM: &'static str = "naa. and 16 lower-case hexadecimal digits";

    /// Whether this is a name in its canonical form.
    pub(crate) fn is_valid(name: &[u8]) -> bool {
        Self::parse(name).is_some()
    }

    /// Reads a name in its canonical form, lower case.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let digits: &[u8; 16] = name.strip_prefix(PREFIX)?.try_into().ok()?;
        let mut value = 0;
        for byte in digits {
            value = value << 4 | u64::from(digit(*byte)?);
        }
        let mut text = [0; TEXT_LEN + 1];
        text.get_mut(..name.len())?.copy_from_slice(name);
        Some(Self { text, value })
    }

    /// The port with this SAS address.
    pub(crate) fn from_value(value: u64) -> Self {
        let mut text = [0; TEXT_LEN + 1];
        let digits = value
            .to_be_bytes()
            .into_iter()
            .flat_map(|byte| [byte >> 4, byte & 0xf]);
        let name = PREFIX.iter().copied().chain(digits.map(hex));
        for (place, byte) in text.iter_mut().zip(name) {
            *place = byte;
        }
        Self { text, value }
    }

    /// The SAS address.
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
    let bytes = [PROTOCOL, 0, 0, 0]
        .into_iter()
        .chain(name.value.to_be_bytes());
    for (place, byte) in id.iter_mut().zip(bytes) {
        *place = byte;
    }
    id
}

/// Reads a TransportID; `None` for everything that [`encode`] could not have written.
pub(crate) fn decode(bytes: &[u8]) -> Option<PortName> {
    let id: &[u8; LEN] = bytes.try_into().ok()?;
    let value = id
        .iter()
        .skip(4)
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
