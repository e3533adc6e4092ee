// SPDX-License-Identifier: GPL-2.0-only

//! What is a name and what is not: the table's examples, and a grammar for each protocol, of which
//! names and nearly names are made.

use proptest::prelude::*;
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use regex::bytes::Regex;
use tcm_mod_builder::protocol::PROTOCOLS;
use xtask::codec::{CODECS, Codec};
use xtask::fuzz;

use super::codec;

/// Every spelling of every name, by protocol. Character classes have both cases written out, since
/// what generates strings from a pattern knows no flags.
const GRAMMAR: [(&str, &str); 12] = [
    (
        "FC",
        "([0-9a-fA-F]{2}:){7}[0-9a-fA-F]{2}|(0[xX])?[0-9a-fA-F]{16}",
    ),
    ("SPI", "[sS][pP][iI]\\.U16\\.U16"),
    ("SSA", "(0[xX])?[0-9a-fA-F]{16}"),
    ("SBP", "(0[xX]|[eE][uU][iI]\\.)?[0-9a-fA-F]{16}"),
    (
        "SRP",
        "(0[xX])?([0-9a-fA-F]{2}){1,16}|([0-9a-fA-F]{4}:){7}[0-9a-fA-F]{4}",
    ),
    (
        "iSCSI",
        "[iI][qQ][nN]\\.[-.:0-9a-zA-Z]{1,219}|[eE][uU][iI]\\.[0-9a-fA-F]{16}\
         |[nN][aA][aA]\\.([0-9a-fA-F]{16}){1,2}",
    ),
    ("SAS", NAA),
    ("ADT", NAA),
    ("ATA", NAA),
    ("UAS", NAA),
    ("SOP", "[0-9a-fA-F]{2}:[01][0-9a-fA-F]\\.[0-7]"),
    (
        "PCIe",
        "([0-9a-fA-F]{4}:)?[0-9a-fA-F]{2}:[01][0-9a-fA-F]\\.[0-7]",
    ),
];

const NAA: &str = "([nN][aA][aA]\\.|0[xX])?[0-9a-fA-F]{16}";

/// A decimal number of 16 bits without zeros before it.
const U16: &str =
    "([0-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";

/// Runs a property for names of every protocol.
fn for_names(property: impl Fn(&Codec, &Regex, String) -> Result<(), TestCaseError>) {
    for (protocol, pattern) in GRAMMAR {
        let pattern = pattern.replace("U16", U16);
        let regex = Regex::new(&format!("^(?:{pattern})$")).unwrap();
        let names = string_regex(&pattern).unwrap();
        TestRunner::default()
            .run(&names, |name| property(codec(protocol), &regex, name))
            .unwrap();
    }
}

#[test]
fn every_protocol_has_its_file() {
    let rows = PROTOCOLS.each_ref().map(|row| row.name);
    assert_eq!(rows, CODECS.each_ref().map(|codec| codec.protocol));
    assert_eq!(rows, GRAMMAR.map(|(protocol, _)| protocol));
    for (row, codec) in PROTOCOLS.iter().zip(&CODECS) {
        assert_eq!(row.name_form, codec.form);
        assert_eq!(row.initiator_name_form, codec.initiator_form);
        assert_eq!(row.transport_id == "none", codec.transport_id.is_none());
    }
}

#[test]
fn the_tables_examples_are_as_it_says() {
    for (row, codec) in PROTOCOLS.iter().zip(&CODECS) {
        let text = |name: &str| (codec.parse)(name.as_bytes()).map(|port| port.text);
        let is_initiator = |name: &str| (codec.is_valid_initiator)(name.as_bytes());
        for name in [row.example, row.other_example, row.initiator_example] {
            assert_eq!(text(name).unwrap(), name.as_bytes());
            assert!(is_initiator(name), "{name}");
        }
        assert_ne!(row.example, row.other_example);
        for name in row.other_spellings {
            assert_ne!(*name, row.example);
            assert_eq!(text(name).unwrap(), row.example.as_bytes(), "{name}");
        }
        for name in row.refused_initiators {
            assert!(text(name).is_some() && !is_initiator(name), "{name}");
        }
        for name in row.refused.iter().chain(&["", " ", "\0"]) {
            assert!(text(name).is_none() && !is_initiator(name), "{name}");
        }
    }
}

#[test]
fn what_the_grammar_makes_is_a_name() {
    for_names(|codec, _, name| {
        prop_assert!((codec.parse)(name.as_bytes()).is_some(), "{}", name);
        fuzz::check(codec, name.as_bytes())
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        Ok(())
    });
}

/// A byte more, less or other: a name if the grammar has it, and nothing else.
#[test]
fn what_the_grammar_has_not_is_no_name() {
    for_names(|codec, regex, name| {
        let name = name.as_bytes();
        // A long name has its faults at forty places.
        for at in (0..=name.len()).step_by(1 + name.len() / 40) {
            for byte in *b"\0 +0fFgGxX:.-_\xff" {
                let (before, after) = name.split_at(at);
                let rest = after.get(1..).unwrap_or_default();
                for changed in [
                    [before, &[byte], after].concat(),
                    [before, &[byte], rest].concat(),
                    [before, rest].concat(),
                ] {
                    prop_assert_eq!(
                        (codec.parse)(&changed).is_some(),
                        regex.is_match(&changed),
                        "{}",
                        changed.escape_ascii()
                    );
                }
            }
        }
        Ok(())
    });
}

#[test]
fn names_are_of_one_port_if_they_stand_for_one_value() {
    for_names(|codec, _, name| {
        let port = |name: &[u8]| (codec.parse)(name).unwrap();
        let upper = name.to_uppercase().replace("0X", "0x");
        let others = codec_names(codec);
        for other in others.iter().map(String::as_str).chain([upper.as_str()]) {
            let (one, other) = (name.as_bytes(), other.as_bytes());
            let is_same_value = port(one).value == port(other).value;
            prop_assert_eq!((codec.is_same)(one, other), is_same_value);
        }
        prop_assert!((codec.is_same)(name.as_bytes(), upper.as_bytes()));
        Ok(())
    });
}

/// The table's names of a protocol.
fn codec_names(codec: &Codec) -> Vec<String> {
    let row = PROTOCOLS
        .iter()
        .find(|row| row.name == codec.protocol)
        .unwrap();
    let names = [row.example, row.other_example, row.initiator_example];
    names
        .iter()
        .chain(row.other_spellings)
        .map(ToString::to_string)
        .collect()
}
