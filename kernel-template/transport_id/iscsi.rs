// SPDX-License-Identifier: GPL-2.0-only

//! iSCSI port names and TransportIDs.
//!
//! An iSCSI name is an `iqn.`, `eui.` or `naa.` name of at most 223 bytes, in any case, the
//! canonical one being lower case (RFC 7143, section 4.2.7; RFC 3722). The TransportID (SPC-4,
//! section 7.6.4.6) carries the name alone, format 00b, or the name and the initiator session
//! identifier (ISID), format 01b.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![allow(dead_code, reason = "what a NOP data path needs of it is the names")]

/// The longest name, in bytes.
pub(crate) const NAME_MAX: usize = 223;

/// The ISID as hexadecimal digits.
pub(crate) const ISID_DIGITS: usize = 12;

/// The length of the longest TransportID: header, name, separator, ISID, NUL, padding.
pub(crate) const LEN_MAX: usize = 4 + 244;

// The first byte: the format, and the protocol identifier.
const DEVICE: u8 = 0x05;
const PORT: u8 = 0x45;

const SEPARATOR: &[u8] = b",i,0x";
const ADDITIONAL_LENGTH_MIN: usize = 20;

/// The name of an iSCSI node, target or initiator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PortName {
    /// The name in its canonical form, lower case, followed by NUL up to the end.
    text: [u8; NAME_MAX + 1],
    len: u8,
}

impl PortName {
    /// The accepted names, for messages.
    pub(crate) const FORM: &'static str = "an iqn., eui. or naa. name of at most 223 bytes";

    /// The accepted names of an initiator, for messages.
    pub(crate) const INITIATOR_FORM: &'static str =
        "an iqn., eui. or naa. name in lower case, of at most 223 bytes";

    /// Reads a name in any case.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let mut text = [0; NAME_MAX + 1];
        let place = text.get_mut(..name.len())?;
        place.copy_from_slice(name);
        place.make_ascii_lowercase();
        let len = u8::try_from(name.len()).ok()?;
        is_canonical(place).then_some(Self { text, len })
    }

    /// Whether two names, of which one at least is valid, are spellings of one port.
    pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
        one.eq_ignore_ascii_case(other)
    }

    /// Whether target core makes this port's TransportID of a node ACL of this name: it takes the
    /// name as it is, and the TransportIDs of this port have it in lower case.
    ///
    /// Of a name of less than 16 bytes, and no ISID, it makes one that is shorter than SPC-4
    /// demands; the name in it is right.
    pub(crate) fn is_valid_initiator(name: &[u8]) -> bool {
        is_canonical(name)
    }

    /// The name in its canonical form.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The name in its canonical form, and the NUL that ends it.
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

/// Reads a TransportID: the name, and the ISID in lower case if it has one.
///
/// Gives `None` for everything that [`encode`] could not have written, but for the case of the
/// ISID's digits. Target core also refuses a name of more than 219 bytes that no ISID follows,
/// which SPC-4 has nothing against.
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

/// The name and the ISID, in lower case, of a text that has both.
fn split_isid(text: &[u8]) -> Option<(&[u8], Isid)> {
    let end = text.len().checked_sub(ISID_DIGITS)?;
    let name = text.get(..end)?.strip_suffix(SEPARATOR)?;
    let mut isid: Isid = text.get(end..)?.try_into().ok()?;
    isid.make_ascii_lowercase();
    isid.iter().copied().all(is_hex).then_some((name, isid))
}

/// The ADDITIONAL LENGTH field for a text: with a NUL, a multiple of four, and at least 20.
fn additional_length(text_len: usize) -> Option<usize> {
    let len = text_len.checked_add(1)?.checked_next_multiple_of(4)?;
    Some(len.max(ADDITIONAL_LENGTH_MIN))
}

/// Whether this is a name in lower case.
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

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(CONFIG_KUNIT = "y", kernel::prelude::kunit_tests(tcm_template))]
mod tests {
    use super::*;

    const NAME: &[u8] = b"iqn.1994-05.org.example:a";
    const ISID: Isid = *b"00023d000001";

    /// Each for a reason of its own.
    const REFUSED: [&[u8]; 7] = [
        b"",
        b"iqn.",
        b"example",
        b"iqn.foo_bar",
        b"iqn.foo bar",
        b"eui.0123456789abcde",
        b"naa.0123456789abcdeg",
    ];

    /// SPC-4, section 7.6.4.6, format 00b: ADDITIONAL LENGTH in bytes 2 and 3, then the name, its
    /// NUL, and padding to a multiple of four bytes.
    const DEVICE_ID: &[u8] = b"\x05\0\0\x1ciqn.1994-05.org.example:a\0\0\0";

    /// Format 01b: the name, the separator and the ISID.
    const PORT_ID: &[u8] = b"\x45\0\0\x2ciqn.1994-05.org.example:a,i,0x00023d000001\0\0";

    /// ADDITIONAL LENGTH is at least 20.
    const SHORT_ID: &[u8; 24] = b"\x05\0\0\x14iqn.foo\0\0\0\0\0\0\0\0\0\0\0\0\0";

    fn longest() -> [u8; NAME_MAX] {
        let mut name = [b'a'; NAME_MAX];
        for (place, byte) in name.iter_mut().zip(*b"iqn.") {
            *place = byte;
        }
        name
    }

    fn is_encoded(name: &[u8], isid: Option<&Isid>, id: &[u8]) -> bool {
        let mut out = [0xff; LEN_MAX];
        let len = PortName::parse(name).and_then(|name| encode(&name, isid, &mut out));
        len == Some(id.len()) && out.starts_with(id)
    }

    fn is_decoded(id: &[u8], name: &[u8], isid: Option<Isid>) -> bool {
        decode(id).is_some_and(|named| named.0.as_bytes() == name && named.1 == isid)
    }

    #[test]
    fn a_name_is_read_in_any_case() {
        for spelling in [NAME, b"IQN.1994-05.ORG.EXAMPLE:A"] {
            let name = PortName::parse(spelling);
            assert!(name.is_some_and(|name| name.as_bytes() == NAME));
            assert!(PortName::is_same(spelling, NAME));
        }
        assert!(!PortName::is_same(b"iqn.1994-05.org.example:b", NAME));
    }

    #[test]
    fn every_kind_of_name_is_read() {
        for name in [
            b"eui.0123456789abcdef".as_slice(),
            b"naa.0123456789abcdef",
            b"naa.0123456789abcdef0123456789abcdef",
        ] {
            assert!(PortName::parse(name).is_some_and(|port| port.as_bytes() == name));
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in REFUSED {
            assert_eq!(PortName::parse(name), None);
            assert!(!PortName::is_valid_initiator(name));
        }
    }

    #[test]
    fn a_name_has_223_bytes_at_most() {
        assert!(PortName::parse(&longest()).is_some());
        let mut name = [b'a'; NAME_MAX + 1];
        for (place, byte) in name.iter_mut().zip(longest()) {
            *place = byte;
        }
        assert_eq!(PortName::parse(&name), None);
    }

    #[test]
    fn an_initiator_has_its_name_in_lower_case() {
        assert!(PortName::is_valid_initiator(NAME));
        assert!(!PortName::is_valid_initiator(b"iqn.1994-05.org.example:A"));
    }

    #[test]
    fn a_transport_id_has_the_name_alone() {
        assert!(is_encoded(NAME, None, DEVICE_ID));
        assert!(is_decoded(DEVICE_ID, NAME, None));
    }

    #[test]
    fn a_transport_id_has_the_isid_if_there_is_one() {
        assert!(is_encoded(NAME, Some(&ISID), PORT_ID));
        assert!(is_decoded(PORT_ID, NAME, Some(ISID)));
        let upper = b"\x45\0\0\x2ciqn.1994-05.org.example:a,i,0x00023D000001\0\0";
        assert!(is_decoded(upper, NAME, Some(ISID)));
    }

    #[test]
    fn a_transport_id_of_another_length_is_none() {
        for id in [DEVICE_ID, PORT_ID, SHORT_ID] {
            for len in 0..id.len() {
                assert_eq!(id.get(..len).and_then(decode), None);
            }
        }
    }

    #[test]
    fn a_transport_id_has_24_to_248_bytes() {
        assert!(is_encoded(b"iqn.foo", None, SHORT_ID));
        assert!(is_decoded(SHORT_ID, b"iqn.foo", None));
        let (mut id, mut less) = ([0; LEN_MAX], [0; LEN_MAX - 1]);
        if let Some(name) = PortName::parse(&longest()) {
            assert_eq!(encode(&name, Some(&ISID), &mut id), Some(248));
            assert_eq!(encode(&name, Some(&ISID), &mut less), None);
        }
        assert!(is_decoded(&id, &longest(), Some(ISID)));
    }
}
