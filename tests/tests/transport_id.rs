// SPDX-License-Identifier: GPL-2.0-only

//! Port names and TransportIDs, on the host: the very files that are compiled into the modules.
//!
//! The vectors are made by hand from the layouts of SPC-4, section 7.6.4.

use proptest::prelude::*;

#[deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]
#[path = "../../kernel-template/transport_id/fc.rs"]
mod fc;
#[deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]
#[path = "../../kernel-template/transport_id/iscsi.rs"]
mod iscsi;
#[deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]
#[path = "../../kernel-template/transport_id/sas.rs"]
mod sas;
#[deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]
#[path = "../../kernel-template/transport_id/sbp.rs"]
mod sbp;
#[deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]
#[path = "../../kernel-template/transport_id/srp.rs"]
mod srp;

use tcm_mod_builder::protocol;

#[test]
fn the_tables_examples_are_as_it_says() {
    type Parse = fn(&str) -> Option<String>;
    type Accepts = fn(&str) -> bool;
    let parsers: [(&str, Parse, Accepts); 5] = [
        (
            "FC",
            |name| fc::PortName::parse(name.as_bytes()).map(|port| text(port.as_bytes())),
            |name| fc::PortName::is_valid_initiator(name.as_bytes()),
        ),
        (
            "iSCSI",
            |name| iscsi::PortName::parse(name.as_bytes()).map(|port| text(port.as_bytes())),
            |name| iscsi::PortName::is_valid_initiator(name.as_bytes()),
        ),
        (
            "SAS",
            |name| sas::PortName::parse(name.as_bytes()).map(|port| text(port.as_bytes())),
            |name| sas::PortName::is_valid_initiator(name.as_bytes()),
        ),
        (
            "SBP",
            |name| sbp::PortName::parse(name.as_bytes()).map(|port| text(port.as_bytes())),
            |name| sbp::PortName::is_valid_initiator(name.as_bytes()),
        ),
        (
            "SRP",
            |name| srp::PortName::parse(name.as_bytes()).map(|port| text(port.as_bytes())),
            |name| srp::PortName::is_valid_initiator(name.as_bytes()),
        ),
    ];
    for (name, parse, is_initiator) in parsers {
        let row = protocol::find(name).unwrap();
        for example in [row.example, row.other_example, row.initiator_example] {
            assert_eq!(parse(example).as_deref(), Some(example));
            assert!(is_initiator(example), "{example}");
        }
        for spelling in row.other_spellings {
            assert_eq!(parse(spelling).as_deref(), Some(row.example), "{spelling}");
        }
        for name in row.refused_initiators {
            assert!(parse(name).is_some() && !is_initiator(name), "{name}");
        }
        for name in [""].iter().chain(row.refused) {
            assert!(parse(name).is_none() && !is_initiator(name), "{name}");
        }
    }
}

fn text(name: &[u8]) -> String {
    String::from_utf8(name.to_vec()).unwrap()
}

#[test]
fn fc_has_the_name_at_byte_8() {
    let name = fc::PortName::parse(b"21:00:00:24:ff:31:4c:48").unwrap();
    assert_eq!(name.value(), 0x2100_0024_ff31_4c48);
    let mut expected = [0; 24];
    expected[8..16].copy_from_slice(&[0x21, 0x00, 0x00, 0x24, 0xff, 0x31, 0x4c, 0x48]);
    assert_eq!(fc::encode(&name), expected);
    assert_eq!(fc::decode(&expected), Some(name));
}

#[test]
fn sas_has_the_address_at_byte_4() {
    let name = sas::PortName::parse(b"naa.5001405abcdef012").unwrap();
    assert_eq!(name.value(), 0x5001_405a_bcde_f012);
    let mut expected = [0; 24];
    expected[0] = 0x06;
    expected[4..12].copy_from_slice(&[0x50, 0x01, 0x40, 0x5a, 0xbc, 0xde, 0xf0, 0x12]);
    assert_eq!(sas::encode(&name), expected);
    assert_eq!(sas::decode(&expected), Some(name));
}

#[test]
fn sbp_has_the_eui64_at_byte_8() {
    let name = sbp::PortName::parse(b"eui.0090270001ABCDEF").unwrap();
    assert_eq!(name.value(), 0x0090_2700_01ab_cdef);
    let mut expected = [0; 24];
    expected[0] = 0x03;
    expected[8..16].copy_from_slice(&[0x00, 0x90, 0x27, 0x00, 0x01, 0xab, 0xcd, 0xef]);
    assert_eq!(sbp::encode(&name), expected);
    assert_eq!(sbp::decode(&expected), Some(name));
}

#[test]
fn srp_has_the_identifier_at_byte_8_right_aligned() {
    let name = srp::PortName::parse(b"001175000077D8EE").unwrap();
    assert_eq!(name.as_bytes(), b"0x0000000000000000001175000077d8ee");
    let mut expected = [0; 24];
    expected[0] = 0x04;
    expected[16..].copy_from_slice(&[0x00, 0x11, 0x75, 0x00, 0x00, 0x77, 0xd8, 0xee]);
    assert_eq!(srp::encode(&name), expected);
    assert_eq!(srp::decode(&expected), Some(name));
}

#[test]
fn a_short_iscsi_name_is_padded_to_20_bytes() {
    let name = iscsi::PortName::parse(b"iqn.foo").unwrap();
    let mut expected = [0; 24];
    expected[..4].copy_from_slice(&[0x05, 0, 0, 20]);
    expected[4..11].copy_from_slice(b"iqn.foo");
    let mut out = [0xff; iscsi::LEN_MAX];
    assert_eq!(iscsi::encode(&name, None, &mut out), Some(24));
    assert_eq!(out[..24], expected);
    assert_eq!(iscsi::decode(&expected), Some((name, None)));
}

#[test]
fn an_iscsi_port_has_its_isid() {
    let name = iscsi::PortName::parse(b"iqn.1994-05.org.example:a").unwrap();
    let isid = *b"00023d000001";
    let text = b"iqn.1994-05.org.example:a,i,0x00023d000001\0\0";
    let mut expected = vec![0x45, 0, 0, 44];
    expected.extend_from_slice(text);
    let mut out = [0; iscsi::LEN_MAX];
    assert_eq!(iscsi::encode(&name, Some(&isid), &mut out), Some(48));
    assert_eq!(out[..48], expected[..]);
    assert_eq!(iscsi::decode(&expected), Some((name.clone(), Some(isid))));
    let upper = String::from_utf8(expected).unwrap().replace("3d", "3D");
    assert_eq!(iscsi::decode(upper.as_bytes()), Some((name, Some(isid))));
}

#[test]
fn iscsi_lengths_are_checked() {
    let longest = format!("iqn.{}", "a".repeat(219));
    let name = iscsi::PortName::parse(longest.as_bytes()).unwrap();
    assert_eq!(name.as_bytes(), longest.as_bytes());
    assert_eq!(name.to_bytes_with_nul().last(), Some(&0));
    assert!(iscsi::PortName::parse(format!("{longest}a").as_bytes()).is_none());
    let mut out = [0; iscsi::LEN_MAX];
    let len = iscsi::encode(&name, Some(b"0123456789ab"), &mut out).unwrap();
    assert!(len <= iscsi::LEN_MAX && iscsi::decode(&out[..len]).is_some());
    assert_eq!(iscsi::encode(&name, None, &mut out[..100]), None);
    let mut wrong = out;
    // One more byte than there is, and a length that is no multiple of four.
    assert_eq!(iscsi::decode(&out[..len - 1]), None);
    wrong[3] += 1;
    assert_eq!(iscsi::decode(&wrong[..len]), None);
}

fn iqn() -> impl Strategy<Value = String> {
    "iqn\\.[a-z0-9.:-]{1,219}"
}

proptest! {
    #[test]
    fn fc_goes_round(value: u64) {
        let name = fc::PortName::from_value(value);
        prop_assert_eq!(fc::PortName::parse(name.as_bytes()), Some(name.clone()));
        prop_assert_eq!(fc::decode(&fc::encode(&name)), Some(name));
    }

    #[test]
    fn sas_goes_round(value: u64) {
        let name = sas::PortName::from_value(value);
        prop_assert_eq!(sas::PortName::parse(name.as_bytes()), Some(name.clone()));
        prop_assert_eq!(sas::decode(&sas::encode(&name)), Some(name));
    }

    #[test]
    fn iscsi_goes_round(text in iqn(), isid in proptest::option::of("[0-9a-f]{12}")) {
        let name = iscsi::PortName::parse(text.as_bytes()).unwrap();
        let isid: Option<iscsi::Isid> = isid.map(|isid| isid.as_bytes().try_into().unwrap());
        let mut out = [0xff; iscsi::LEN_MAX];
        let len = iscsi::encode(&name, isid.as_ref(), &mut out).unwrap();
        prop_assert_eq!(iscsi::decode(&out[..len]), Some((name, isid)));
    }

    /// Whatever is accepted can be encoded again to the same bytes, but for the ISID's case.
    #[test]
    fn what_is_decoded_could_have_been_encoded(
        first in prop_oneof![Just(0x00), Just(0x05), Just(0x06), Just(0x45), any::<u8>()],
        rest in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let bytes: Vec<u8> = [first].into_iter().chain(rest).collect();
        if let Some(name) = fc::decode(&bytes) {
            prop_assert_eq!(&fc::encode(&name)[..], &bytes[..]);
        }
        if let Some(name) = sas::decode(&bytes) {
            prop_assert_eq!(&sas::encode(&name)[..], &bytes[..]);
        }
        if let Some((name, isid)) = iscsi::decode(&bytes) {
            let mut out = [0; iscsi::LEN_MAX];
            let len = iscsi::encode(&name, isid.as_ref(), &mut out).unwrap();
            prop_assert!(out[..len].eq_ignore_ascii_case(&bytes));
        }
    }

    #[test]
    fn no_name_makes_a_parser_panic(name: Vec<u8>) {
        let _ = fc::PortName::parse(&name);
        let _ = iscsi::PortName::parse(&name);
        let _ = sas::PortName::parse(&name);
    }
}
