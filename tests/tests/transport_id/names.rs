// SPDX-License-Identifier: GPL-2.0-only

//! Port names and their canonical spelling: the examples of the table, valid and invalid names from
//! a grammar of each protocol, and the names that rtslib writes.

use proptest::prelude::*;
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use regex::bytes::Regex;
use tcm_mod_builder::protocol::{PROTOCOLS, TransportId, U16, find};
use xtask::codec::{CODECS, Codec};
use xtask::fuzz;

use super::codec;

/// Every spelling of every name, by protocol. Character classes have both cases, since the
/// generator of strings supports no flags.
const GRAMMAR: [(&str, &str); 12] = [
    (
        "FC",
        "([0-9a-fA-F]{2}:){7}[0-9a-fA-F]{2}|(0[xX])?[0-9a-fA-F]{16}",
    ),
    ("SPI", "[sS][pP][iI]\\.(U16)\\.(U16)"),
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

/// Checks a property for names of each protocol, in all spellings.
pub(crate) fn for_names(property: impl Fn(&Codec, &Regex, String) -> Result<(), TestCaseError>) {
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
fn each_protocol_has_a_codec_and_a_grammar() {
    let rows = PROTOCOLS.each_ref().map(|row| row.name);
    assert_eq!(rows, CODECS.each_ref().map(|codec| codec.protocol));
    assert_eq!(rows, GRAMMAR.map(|(protocol, _)| protocol));
    for (row, codec) in PROTOCOLS.iter().zip(&CODECS) {
        assert_eq!(row.names(), codec.form);
        let has_none = row.transport_id == TransportId::None;
        assert_eq!(has_none, codec.transport_id.is_none());
    }
}

#[test]
fn examples_of_the_table_hold() {
    for (row, codec) in PROTOCOLS.iter().zip(&CODECS) {
        let text = |name: &str| (codec.parse)(name.as_bytes()).map(|port| port.text);
        for name in [row.example, row.other_example, row.initiator_example] {
            assert!(codec.is_canonical(name.as_bytes()), "{name}");
        }
        assert_ne!(row.example, row.other_example);
        for name in row.other_spellings {
            assert_ne!(*name, row.example);
            assert_eq!(text(name).unwrap(), row.example.as_bytes(), "{name}");
        }
        for name in row.refused.iter().chain(&["", " ", "\0"]) {
            assert!(text(name).is_none(), "{name}");
        }
    }
}

/// The spelling with the form of the table, and no other, is canonical.
#[test]
fn canonical_spelling_has_the_form_of_the_table() {
    for_names(|codec, _, name| {
        let form = canonical(codec);
        let text = (codec.parse)(name.as_bytes()).unwrap().text;
        prop_assert!(form.is_match(&text), "{}", name);
        prop_assert_eq!(
            codec.is_canonical(name.as_bytes()),
            form.is_match(name.as_bytes()),
            "{}",
            name
        );
        Ok(())
    });
}

#[test]
fn name_with_the_form_of_the_table_is_canonical() {
    for row in &PROTOCOLS {
        let names = string_regex(&row.name_form.pattern()).unwrap();
        TestRunner::default()
            .run(&names, |name| {
                prop_assert!(codec(row.name).is_canonical(name.as_bytes()), "{}", name);
                Ok(())
            })
            .unwrap();
    }
}

/// The form of the table for the names of a protocol, as an expression that matches a whole name.
fn canonical(codec: &Codec) -> Regex {
    let row = find(codec.protocol).unwrap();
    Regex::new(&format!("^(?:{})$", row.name_form.pattern())).unwrap()
}

#[test]
fn name_of_the_grammar_is_accepted() {
    for_names(|codec, _, name| {
        prop_assert!((codec.parse)(name.as_bytes()).is_some(), "{}", name);
        fuzz::check(codec, name.as_bytes())
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        Ok(())
    });
}

/// One byte inserted, removed or changed: a name if and only if the grammar matches.
#[test]
fn name_outside_the_grammar_is_refused() {
    for_names(|codec, regex, name| {
        let name = name.as_bytes();
        // At forty places of a long name.
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
fn spellings_with_one_value_are_one_port() {
    for_names(|codec, _, name| {
        let port = |name: &str| (codec.parse)(name.as_bytes()).unwrap();
        let upper = name.to_uppercase().replace("0X", "0x");
        let others = codec_names(codec);
        for other in others.iter().map(String::as_str).chain([upper.as_str()]) {
            let (one, other) = (port(&name), port(other));
            prop_assert_eq!(one.text == other.text, one.value == other.value);
        }
        prop_assert_eq!(port(&name), port(&upper));
        Ok(())
    });
}

/// Names of a protocol in the table.
fn codec_names(codec: &Codec) -> Vec<String> {
    let row = find(codec.protocol).unwrap();
    let names = [row.example, row.other_example, row.initiator_example];
    names
        .iter()
        .chain(row.other_spellings)
        .map(ToString::to_string)
        .collect()
}

/// Conversion of a port name to the name of a directory by rtslib.
type ToFabric = fn(&str) -> String;

/// Names of rtslib-fb 2.1.75, by protocol: internal names, in lower case by `normalize_wwn` in
/// `utils.py`, and their conversion to directories by `to_fabric_wwn` in `fabric.py`. rtslib hardly
/// limits iqn. names: only those that RFC 3722 allows are here.
const RTSLIB: [(&str, &str, ToFabric); 8] = [
    // qla2xxx, efct and tcm_fc.
    ("FC", RTSLIB_NAA, |name| {
        let digits: Vec<char> = name.chars().skip(4).collect();
        let pairs = digits.chunks(2).map(String::from_iter);
        pairs.collect::<Vec<_>>().join(":")
    }),
    // sbp.
    ("SBP", RTSLIB_EUI, |name| name.replace("eui.", "")),
    // srpt.
    ("SRP", "ib\\.[0-9a-f]{32}", |name| name.replace("ib.", "0x")),
    // iscsi.
    (
        "iSCSI",
        "iqn\\.[0-9]{4}-[01][0-9]\\.[-.0-9a-z]{1,100}\\.[-.:0-9a-z]{1,100}",
        str::to_owned,
    ),
    ("iSCSI", RTSLIB_NAA, str::to_owned),
    ("iSCSI", RTSLIB_EUI, str::to_owned),
    // loopback, vhost and xen-pvscsi.
    ("SAS", RTSLIB_NAA, str::to_owned),
    // usb_gadget.
    ("UAS", RTSLIB_NAA, str::to_owned),
];

const RTSLIB_NAA: &str = "naa\\.[125][0-9a-f]{15}";
const RTSLIB_EUI: &str = "eui\\.[0-9a-f]{16}";

/// Names of target ports and node ACLs.
#[test]
fn names_of_rtslib_are_canonical() {
    for (protocol, pattern, to_fabric) in RTSLIB {
        let names = string_regex(pattern).unwrap();
        TestRunner::default()
            .run(&names, |name| {
                let name = to_fabric(&name);
                prop_assert!(codec(protocol).is_canonical(name.as_bytes()), "{}", name);
                Ok(())
            })
            .unwrap();
    }
}
