// SPDX-License-Identifier: GPL-2.0-only

//! What target core makes of an ACL's name when it writes a TransportID, by its rules as they are
//! in `drivers/target/target_core_fabric_lib.c`: they decide which names an initiator may have.
//!
//! The rules are written here once more, apart from the modules' own code, and both are given the
//! same names.

use proptest::prelude::*;
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use xtask::codec::Codec;

use super::{codec, encode};

/// Reads `count` bytes in hexadecimal, as the kernel's `hex2bin()` does: any case, and what comes
/// after them does not matter.
fn hex2bin(text: &[u8], count: usize) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = (0..count).map(|index| {
        let (high, low) = (text.get(2 * index)?, text.get(2 * index + 1)?);
        u8::try_from(digit(high)? * 16 + digit(low)?).ok()
    });
    pairs.collect()
}

/// The TransportID of 24 bytes with these from this place on.
fn id(protocol: u8, at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut id = vec![0; 24];
    id[0] = protocol;
    id[at..at + bytes.len()].copy_from_slice(bytes);
    id
}

/// Pairs of digits within the first 23 characters; colons are passed over wherever they are.
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

/// An even number of digits, of which the first 32 count, right-aligned.
fn srp(name: &[u8]) -> Option<Vec<u8>> {
    let digits = match name {
        [b'0', b'x' | b'X', rest @ ..] => rest,
        _ => name,
    };
    let count = (digits.len() / 2).min(16);
    let bytes = hex2bin(digits, count).filter(|_| digits.len().is_multiple_of(2))?;
    Some(id(4, 24 - count, &bytes))
}

/// The name as it is, padded to a multiple of four, but not to 20 bytes.
fn iscsi(name: &[u8]) -> Option<Vec<u8>> {
    let len = (name.len() + 1).next_multiple_of(4);
    let mut id = vec![5, 0, 0, u8::try_from(len).ok()?];
    id.extend_from_slice(name);
    id.resize(4 + len, 0);
    Some(id)
}

/// Eight bytes after four characters, whatever those are.
fn sas(name: &[u8]) -> Option<Vec<u8>> {
    Some(id(6, 4, &hex2bin(name.get(4..)?, 8)?))
}

type Encoder = fn(&[u8]) -> Option<Vec<u8>>;

/// The protocols that target core writes TransportIDs of, and strings that are names or nearly.
const ENCODERS: [(&str, Encoder, &str); 5] = [
    (
        "FC",
        fc,
        "([0-9a-fA-F]{2}:){7}[0-9a-fA-F]{2}|(0[xX])?[0-9a-fA-F]{16}|[0-9a-f:]{23}",
    ),
    (
        "SBP",
        sbp,
        "(0[xX]|eui\\.|EUI\\.)?[0-9a-fA-F]{16}|[0-9a-f:]{15,18}",
    ),
    (
        "SRP",
        srp,
        "(0[xX])?[0-9a-fA-F]{0,34}|([0-9a-f]{4}:){7}[0-9a-f]{4}|[0-9a-f:]{30,34}",
    ),
    (
        "iSCSI",
        iscsi,
        "iqn\\.[-.:0-9a-z]{1,219}|IQN\\.[a-z]{1,30}|[a-z]{3}\\.[0-9a-fA-F]{16}",
    ),
    (
        "SAS",
        sas,
        "([nN][aA][aA]\\.|eui\\.|0[xX])?[0-9a-fA-F]{16}|[0-9a-f.]{20}",
    ),
];

/// The one difference to the standard that initiators may have: target core does not fill up to
/// the least ADDITIONAL LENGTH.
fn filled_up(mut id: Vec<u8>) -> Vec<u8> {
    if id.len() < 24 {
        id.resize(24, 0);
        id[3] = 20;
    }
    id
}

fn is_initiator(codec: &Codec, encoder: Encoder, name: &str) -> bool {
    (codec.parse)(name.as_bytes()).is_some()
        && encoder(name.as_bytes()).map(filled_up) == Some(encode(codec, name, None))
}

#[test]
fn an_initiator_has_a_name_that_target_core_makes_its_transport_id_of() {
    for (protocol, encoder, pattern) in ENCODERS {
        let codec = codec(protocol);
        let names = string_regex(pattern).unwrap();
        TestRunner::default()
            .run(&names, |name| {
                prop_assert_eq!(
                    (codec.is_valid_initiator)(name.as_bytes()),
                    is_initiator(codec, encoder, &name),
                    "{}",
                    name
                );
                Ok(())
            })
            .unwrap();
    }
}

/// These have no TransportID in target core; it compares their names byte by byte.
#[test]
fn where_target_core_makes_no_transport_id_an_initiator_has_its_canonical_name() {
    let has_none = |codec: &&Codec| ENCODERS.iter().all(|row| row.0 != codec.protocol);
    for codec in xtask::codec::CODECS.iter().filter(has_none) {
        let row = tcm_mod_builder::protocol::find(codec.protocol).unwrap();
        assert!(!row.persistent_reservations);
        assert!((codec.is_valid_initiator)(row.example.as_bytes()));
        for spelling in row.other_spellings {
            assert!(
                !(codec.is_valid_initiator)(spelling.as_bytes()),
                "{spelling}"
            );
        }
    }
}
