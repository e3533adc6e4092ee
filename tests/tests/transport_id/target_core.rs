// SPDX-License-Identifier: GPL-2.0-only

//! Conversion of a node ACL's name to a TransportID, and of a TransportID to a name, by the rules
//! of target core in `drivers/target/target_core_fabric_lib.c`. These rules decide the canonical
//! spelling.
//!
//! They are implemented here a second time, independent of the modules, and both get the same
//! names.

use proptest::prelude::*;
use tcm_mod_builder::protocol::find;
use xtask::codec::{CODECS, Codec};

use super::encode;
use super::names::for_names;

/// Reads `count` bytes in hexadecimal as `hex2bin()` of the kernel does: in either case, ignoring
/// the rest.
fn hex2bin(text: &[u8], count: usize) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = (0..count).map(|index| {
        let (high, low) = (text.get(2 * index)?, text.get(2 * index + 1)?);
        u8::try_from(digit(high)? * 16 + digit(low)?).ok()
    });
    pairs.collect()
}

/// TransportID of 24 bytes, with `bytes` at offset `at`.
fn id(protocol: u8, at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut id = vec![0; 24];
    id[0] = protocol;
    id[at..at + bytes.len()].copy_from_slice(bytes);
    id
}

/// Pairs of digits within the first 23 characters, with colons skipped.
fn fc(name: &[u8]) -> Option<Vec<u8>> {
    let (mut bytes, mut at) = (Vec::new(), 0);
    while at < 23 {
        if name.get(at) == Some(&b':') {
            at += 1;
        } else {
            bytes.extend(hex2bin(name.get(at..)?, 1)?);
            at += 2;
        }
    }
    (bytes.len() <= 16).then(|| id(0, 8, &bytes))
}

/// Eight bytes from the start.
fn sbp(name: &[u8]) -> Option<Vec<u8>> {
    Some(id(3, 8, &hex2bin(name, 8)?))
}

/// An even number of digits, at most 32 of them used, right-aligned.
fn srp(name: &[u8]) -> Option<Vec<u8>> {
    let digits = match name {
        [b'0', b'x' | b'X', rest @ ..] => rest,
        _ => name,
    };
    let count = (digits.len() / 2).min(16);
    let bytes = hex2bin(digits, count).filter(|_| digits.len() % 2 == 0)?;
    Some(id(4, 24 - count, &bytes))
}

/// The name itself, padded to a multiple of four, but not to 20 bytes.
fn iscsi(name: &[u8]) -> Option<Vec<u8>> {
    let len = (name.len() + 1).next_multiple_of(4);
    let mut id = vec![5, 0, 0, u8::try_from(len).ok()?];
    id.extend_from_slice(name);
    id.resize(4 + len, 0);
    Some(id)
}

/// Eight bytes after any four characters.
fn sas(name: &[u8]) -> Option<Vec<u8>> {
    Some(id(6, 4, &hex2bin(name.get(4..)?, 8)?))
}

/// Digits of bytes, as `bin2hex()` of the kernel writes them.
fn bin2hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes of the TransportID in `%8phC`.
fn parse_fc(id: &[u8]) -> Option<String> {
    let pairs = id.get(8..16)?.iter().map(|byte| format!("{byte:02x}"));
    Some(pairs.collect::<Vec<_>>().join(":"))
}

fn parse_sbp(id: &[u8]) -> Option<String> {
    id.get(8..16).map(bin2hex)
}

fn parse_srp(id: &[u8]) -> Option<String> {
    Some(format!("0x{}", bin2hex(id.get(8..24)?)))
}

/// The text up to the NUL. With its padding, it must be shorter than 224 bytes.
fn parse_iscsi(id: &[u8]) -> Option<String> {
    let text = id.get(4..).filter(|text| text.len() < 224)?;
    let end = text.iter().position(|byte| *byte == 0)?;
    String::from_utf8(text[..end].to_vec()).ok()
}

fn parse_sas(id: &[u8]) -> Option<String> {
    Some(format!("naa.{}", bin2hex(id.get(4..12)?)))
}

/// Rules of target core for a protocol.
struct Rules {
    protocol: &'static str,
    /// Name of a node ACL to TransportID: `target_get_pr_transport_id()`.
    encode: fn(&[u8]) -> Option<Vec<u8>>,
    /// TransportID to name of a node ACL: `target_parse_pr_out_transport_id()`.
    parse: fn(&[u8]) -> Option<String>,
}

/// Protocols whose TransportIDs target core supports.
const RULES: [Rules; 5] = [
    Rules {
        protocol: "FC",
        encode: fc,
        parse: parse_fc,
    },
    Rules {
        protocol: "SBP",
        encode: sbp,
        parse: parse_sbp,
    },
    Rules {
        protocol: "SRP",
        encode: srp,
        parse: parse_srp,
    },
    Rules {
        protocol: "iSCSI",
        encode: iscsi,
        parse: parse_iscsi,
    },
    Rules {
        protocol: "SAS",
        encode: sas,
        parse: parse_sas,
    },
];

/// Pads a TransportID to the least ADDITIONAL LENGTH, which target core does not.
fn filled_up(mut id: Vec<u8>) -> Vec<u8> {
    if id.len() < 24 {
        id.resize(24, 0);
        id[3] = 20;
    }
    id
}

fn rules(codec: &Codec) -> Option<&'static Rules> {
    RULES.iter().find(|rules| rules.protocol == codec.protocol)
}

/// `SPEC_I_PT` finds the node ACL: for any spelling, target core reads the canonical name from the
/// TransportID. It reads an iSCSI name of more than 219 bytes only with an ISID.
#[test]
fn target_core_reads_the_canonical_name_from_a_transport_id() {
    for_names(|codec, _, name| {
        let Some(rules) = rules(codec) else {
            return Ok(());
        };
        let text = (codec.parse)(name.as_bytes()).unwrap().text;
        let read = (rules.parse)(&encode(codec, &name, None));
        if name.len() <= 219 {
            prop_assert_eq!(read.map(String::into_bytes), Some(text));
        } else {
            prop_assert_eq!(read, None);
        }
        Ok(())
    });
}

/// READ FULL STATUS names the port.
#[test]
fn target_core_writes_the_same_transport_id() {
    for_names(|codec, _, name| {
        let Some(rules) = rules(codec) else {
            return Ok(());
        };
        let text = (codec.parse)(name.as_bytes()).unwrap().text;
        let written = (rules.encode)(&text).map(filled_up);
        prop_assert_eq!(written, Some(encode(codec, &name, None)));
        Ok(())
    });
}

#[test]
fn reservations_need_transport_ids_of_target_core() {
    for codec in &CODECS {
        let row = find(codec.protocol).unwrap();
        assert_eq!(row.persistent_reservations(), rules(codec).is_some());
    }
}
