// SPDX-License-Identifier: GPL-2.0-only

//! iSCSI port names and TransportIDs.
//!
//! An iSCSI name is an `iqn.`, `eui.` or `naa.` name of at most 223 bytes (RFC 7143, section
//! 4.2.7; RFC 3722). The TransportID (SPC-4, section 7.6.4.6) carries the name alone, format 00b,
//! or the name and the initiator session identifier (ISID), format 01b.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "what a NOP data path needs of it is the names")]

/// The longest name, in bytes.
pub(crate) const NAME_MAX: usize = 223;

/// The ISID as hexadecimal digits.
pub(crate) const ISID_DIGITS: usize = 12;

/// The length of the longest TransportID: header, name, separator, ISID, NUL, padding.
pub(crate) const LEN_MAX: usize = 4 + 244;

const PROTOCOL: u8 = 0x05;
const FORMAT_PORT: u8 = 0x40;
const SEPARATOR: &[u8] = b",i,0x";
const ADDITIONAL_LENGTH_MIN: usize = 20;

/// The name of an iSCSI node, target or initiator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PortName {
    /// The name, followed by NUL up to the end.
    text: [u8; NAME_MAX + 1],
    len: u8,
}

impl PortName {
    /// The accepted form, for messages.
    pub(crate) const FORM: &'static str =
        "an iqn., eui. or naa. name in lower case, at most 223 bytes";

    /// Whether this is a name in its canonical form, lower case.
    pub(crate) fn is_valid(name: &[u8]) -> bool {
        let Some((kind, rest)) = name.split_at_checked(4) else {
            return false;
        };
        let (is_iqn, right_len) = match kind {
            b"iqn." => (true, matches!(rest.len(), 1..=219)),
            b"eui." => (false, rest.len() == 16),
            b"naa." => (false, matches!(rest.len(), 16 | 32)),
            _ => return false,
        };
        let is_right = |byte: u8| is_hex(byte) || is_iqn && is_iqn_byte(byte);
        right_len && rest.iter().copied().all(is_right)
    }

    /// Reads a name in its canonical form.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        if !Self::is_valid(name) {
            return None;
        }
        let len = u8::try_from(name.len()).ok()?;
        let mut text = [0; NAME_MAX + 1];
        text.get_mut(..name.len())?.copy_from_slice(name);
        Some(Self { text, len })
    }

    /// The name.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The name and the NUL that ends it.
    pub(crate) fn to_bytes_with_nul(&self) -> &[u8] {
        self.text.get(..=usize::from(self.len)).unwrap_or_default()
    }
}

/// An initiator session identifier, as the digits that a TransportID holds.
pub(crate) type Isid = [u8; ISID_DIGITS];

/// Writes the TransportID of `name`, or of its port with `isid`, to the front of `out`.
///
/// Gives the length in bytes, or `None` if `out` is too short; [`LEN_MAX`] bytes always do.
pub(crate) fn encode(name: &PortName, isid: Option<&Isid>, out: &mut [u8]) -> Option<usize> {
    let (format, suffix) = match isid {
        None => (0, None),
        Some(isid) => (FORMAT_PORT, Some(isid)),
    };
    let suffix_len = suffix.map_or(0, |isid| SEPARATOR.len().saturating_add(isid.len()));
    let text_len = name.as_bytes().len().saturating_add(suffix_len);
    // The NUL is counted, and the whole padded to a multiple of four.
    let additional = text_len
        .saturating_add(1)
        .next_multiple_of(4)
        .max(ADDITIONAL_LENGTH_MIN);
    let len = additional.saturating_add(4);
    let out = out.get_mut(..len)?;
    out.fill(0);
    let (header, body) = out.split_at_mut_checked(4)?;
    let [high, low] = u16::try_from(additional).ok()?.to_be_bytes();
    header.copy_from_slice(&[format | PROTOCOL, 0, high, low]);
    let suffix = suffix.map_or(&[][..], |isid| &isid[..]);
    let separator = if suffix.is_empty() {
        &[][..]
    } else {
        SEPARATOR
    };
    let text = name.as_bytes().iter().chain(separator).chain(suffix);
    for (place, byte) in body.iter_mut().zip(text) {
        *place = *byte;
    }
    Some(len)
}

/// Reads a TransportID: the name, and the ISID in lower case if it has one.
///
/// Gives `None` for everything that [`encode`] could not have written, but for the case of the
/// ISID's digits.
pub(crate) fn decode(bytes: &[u8]) -> Option<(PortName, Option<Isid>)> {
    let (header, body) = bytes.split_at_checked(4)?;
    let &[first, reserved, high, low] = header else {
        return None;
    };
    let additional = usize::from(u16::from_be_bytes([high, low]));
    let shape = additional == body.len() && additional >= ADDITIONAL_LENGTH_MIN;
    if reserved != 0 || !shape || additional.checked_rem(4) != Some(0) {
        return None;
    }
    let end = body.iter().position(|byte| *byte == 0)?;
    let (text, padding) = body.split_at_checked(end)?;
    let least = end
        .saturating_add(1)
        .next_multiple_of(4)
        .max(ADDITIONAL_LENGTH_MIN);
    if padding.iter().any(|byte| *byte != 0) || additional != least {
        return None;
    }
    match first {
        PROTOCOL => Some((PortName::parse(text)?, None)),
        byte if byte == FORMAT_PORT | PROTOCOL => {
            let at = text
                .len()
                .checked_sub(SEPARATOR.len().saturating_add(ISID_DIGITS))?;
            let (name, suffix) = text.split_at_checked(at)?;
            let digits = suffix.strip_prefix(SEPARATOR)?;
            let mut isid: Isid = digits.try_into().ok()?;
            isid.make_ascii_lowercase();
            isid.iter()
                .copied()
                .all(is_hex)
                .then_some((PortName::parse(name)?, Some(isid)))
        }
        _ => None,
    }
}

fn is_iqn_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b':')
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}
