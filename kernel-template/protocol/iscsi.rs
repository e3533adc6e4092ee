// SPDX-License-Identifier: GPL-2.0-only

//! iSCSI port names and TransportIDs.
//!
//! The canonical name of a node is an `iqn.`, `eui.` or `naa.` name of at most 223 bytes in lower
//! case (RFC 7143, section 4.2.7; RFC 3722). [`PortName::parse`] also accepts upper case; the
//! driver refuses it for directories.
//!
//! A TransportID (SPC-4, section 7.6.4.6) has the name (format 00b), or the name and the initiator
//! session identifier, ISID (format 01b).
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "without a data path only the names are used")]

mod name;

use name::Name;

/// Maximum length of a name, in bytes.
pub(crate) const NAME_MAX: usize = 223;

/// Number of hexadecimal digits of an ISID.
pub(crate) const ISID_DIGITS: usize = 12;

/// Maximum length of a TransportID, in bytes: header, name, separator, ISID, NUL, padding.
pub(crate) const LEN_MAX: usize = 4 + 244;

// Format and protocol identifier, in the first byte.
const DEVICE: u8 = 0x05;
const PORT: u8 = 0x45;

const SEPARATOR: &[u8] = b",i,0x";
const ADDITIONAL_LENGTH_MIN: usize = 20;

/// The name of an iSCSI node, target or initiator.
pub(crate) type PortName = Name<(), { NAME_MAX + 1 }>;

impl PortName {
    /// Form of the accepted names, for messages.
    pub(crate) const FORM: &'static str =
        "an iqn., eui. or naa. name in lower case, of at most 223 bytes, as in iqn.foo";

    /// Parses a name in any case.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let port = Self::in_lower_case(name)?;
        is_canonical(port.as_bytes()).then_some(port)
    }

    /// Parses the name of an initiator, in any case. It accepts all names without an [offending
    /// byte](Self::offending_byte): names that the RFC does not allow are in use, such as those
    /// that QEMU derives from the names of virtual machines.
    pub(crate) fn parse_initiator(name: &[u8]) -> Option<Self> {
        let is_accepted = !name.is_empty() && Self::offending_byte(name).is_none();
        Self::in_lower_case(name).filter(|_| is_accepted)
    }

    /// Converts a name to lower case, if it is not too long.
    fn in_lower_case(name: &[u8]) -> Option<Self> {
        let bytes = name.iter().map(u8::to_ascii_lowercase);
        (name.len() <= NAME_MAX).then(|| Self::new(bytes, ()))
    }

    /// Returns the first invalid byte in the name of an initiator: a comma, which ends the name in
    /// a TransportID, or a control character, which breaks lists of names.
    pub(crate) fn offending_byte(name: &[u8]) -> Option<u8> {
        let mut bytes = name.iter().copied();
        bytes.find(|byte| *byte == b',' || byte.is_ascii_control())
    }

    /// Returns the first byte that the name of a target may not have.
    pub(crate) fn invalid_byte(name: &[u8]) -> Option<u8> {
        let mut bytes = name.iter().copied();
        bytes.find(|byte| !is_iqn_byte(byte.to_ascii_lowercase()))
    }

    /// Returns true if `name` is in its canonical form.
    pub(crate) fn is_canonical(name: &[u8]) -> bool {
        is_canonical(name)
    }
}

/// An initiator session identifier, as the hexadecimal digits in a TransportID.
pub(crate) type Isid = [u8; ISID_DIGITS];

/// Writes the TransportID of `name`, or of its port with `isid`, to the beginning of `out`.
///
/// Returns its length in bytes, or `None` if `out` is too short; [`LEN_MAX`] bytes always suffice.
/// For a name of less than 16 bytes without an ISID, target core writes a shorter TransportID: it
/// ignores the minimum of ADDITIONAL LENGTH.
pub(crate) fn encode(name: &PortName, isid: Option<&Isid>, out: &mut [u8]) -> Option<usize> {
    let (first, separator, isid): (u8, &[u8], &[u8]) = match isid {
        None => (DEVICE, b"", b""),
        Some(isid) => (PORT, SEPARATOR, isid),
    };
    let name = name.as_bytes();
    let text_len = name.len().checked_add(separator.len())?;
    let additional = additional_length(text_len.checked_add(isid.len())?)?;
    let [high, low] = u16::try_from(additional).ok()?.to_be_bytes();
    let header = [first, 0, high, low];

    let len = additional.checked_add(header.len())?;
    let out = out.get_mut(..len)?;
    out.fill(0);
    let bytes = header.iter().chain(name).chain(separator).chain(isid);
    for (place, byte) in out.iter_mut().zip(bytes) {
        *place = *byte;
    }
    Some(len)
}

/// Parses a TransportID. Returns the name, and the ISID, if there is one, in lower case.
///
/// Returns `None` for a TransportID that [`encode`] cannot write, except that the digits of the
/// ISID may be in upper case. Target core also refuses a name of more than 219 bytes without an
/// ISID, which SPC-4 allows.
pub(crate) fn decode(id: &[u8]) -> Option<(PortName, Option<Isid>)> {
    let (&[first, 0, high, low], body) = (id.get(..4)?, id.get(4..)?) else {
        return None;
    };
    let end = body.iter().position(|byte| *byte == 0)?;
    let (text, padding) = (body.get(..end)?, body.get(end..)?);
    let additional = usize::from(u16::from_be_bytes([high, low]));
    let is_shape = additional == body.len() && additional_length(end) == Some(additional);
    if !is_shape || padding.iter().any(|byte| *byte != 0) {
        return None;
    }
    let (name, isid) = match first {
        DEVICE => (text, None),
        PORT => split_isid(text).map(|(name, isid)| (name, Some(isid)))?,
        _ => return None,
    };
    let name = PortName::parse(name).filter(|port| port.as_bytes() == name)?;
    Some((name, isid))
}

/// Splits a text into the name and the ISID, in lower case.
fn split_isid(text: &[u8]) -> Option<(&[u8], Isid)> {
    let end = text.len().checked_sub(ISID_DIGITS)?;
    let name = text.get(..end)?.strip_suffix(SEPARATOR)?;
    let mut isid: Isid = text.get(end..)?.try_into().ok()?;
    isid.make_ascii_lowercase();
    isid.iter().copied().all(is_hex).then_some((name, isid))
}

/// Returns ADDITIONAL LENGTH for a text: its length with a NUL, rounded up to a multiple of four,
/// and at least 20.
fn additional_length(text_len: usize) -> Option<usize> {
    let len = text_len.checked_add(1)?.checked_next_multiple_of(4)?;
    Some(len.max(ADDITIONAL_LENGTH_MIN))
}

/// Returns true if `name` is a name in lower case.
fn is_canonical(name: &[u8]) -> bool {
    let (Some(kind), Some(rest)) = (name.get(..4), name.get(4..)) else {
        return false;
    };
    match (kind, rest.len()) {
        (b"iqn.", 1..=219) => rest.iter().copied().all(is_iqn_byte),
        (b"eui.", 16) | (b"naa.", 16 | 32) => rest.iter().copied().all(is_hex),
        _ => false,
    }
}

fn is_iqn_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b':')
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}
