// SPDX-License-Identifier: GPL-2.0-only

//! Layout of TransportIDs by SPC-4, section 7.6.4, lengths and faults of those of iSCSI, and values
//! of names.

use tcm_mod_builder::protocol::{ISCSI_NAME_MAX, PROTOCOLS, TransportId};
use xtask::codec::CODECS;

use super::{codec, encode, with_transport_ids};

#[test]
fn lengths_of_transport_ids_match_the_table() {
    for row in &PROTOCOLS {
        let codec = codec(row.name);
        let len = |name: &str, isid: Option<&[u8; 12]>| encode(codec, name, isid).len();
        match row.transport_id {
            TransportId::None => assert!(codec.transport_id.is_none()),
            TransportId::Fixed(fixed) => assert_eq!(len(row.example, None), fixed),
            TransportId::WithIsid { least, most } => {
                let longest = format!("iqn.{}", "a".repeat(ISCSI_NAME_MAX - 4));
                assert_eq!(len("iqn.a", None), least);
                assert_eq!(len(&longest, Some(b"0123456789ab")), most);
            }
        }
    }
}

#[test]
fn isid_is_read_in_either_case() {
    let decode = codec("iSCSI").transport_id.unwrap().decode;
    let id = b"\x45\0\0\x2ciqn.1994-05.org.example:a,i,0x00023D000001\0\0";
    let (_, isid) = decode(id).unwrap();
    assert_eq!(isid, Some(*b"00023d000001"));
}

/// ADDITIONAL LENGTH includes the NUL: 20 bytes hold a name of up to 19.
#[test]
fn iscsi_lengths_are_checked() {
    let iscsi = codec("iSCSI");
    let decode = iscsi.transport_id.unwrap().decode;
    for (len, additional) in [
        (15, 20),
        (19, 20),
        (20, 24),
        (219, 220),
        (220, 224),
        (223, 224),
    ] {
        let name = format!("iqn.{}", "a".repeat(len - 4));
        let id = encode(iscsi, &name, None);
        assert_eq!(id[..4], [0x05, 0, 0, additional]);
        assert_eq!(id.len(), 4 + usize::from(additional));
        assert_eq!(decode(&id), Some((name.into_bytes(), None)));
        // One byte missing, four bytes too many, and wrong lengths.
        assert_eq!(decode(&id[..id.len() - 1]), None);
        assert_eq!(decode(&[&id[..], &[0; 4]].concat()), None);
        for additional in [additional - 4, additional - 1, additional + 1, 255] {
            let mut wrong = id.clone();
            wrong[3] = additional;
            assert_eq!(decode(&wrong), None);
        }
    }
    let longest = encode(
        iscsi,
        &format!("iqn.{}", "a".repeat(219)),
        Some(b"0123456789ab"),
    );
    assert_eq!((longest.len(), longest[3]), (248, 244));
}

/// Without a separator, with one at the end, and with an ISID that is too short or no number.
#[test]
fn malformed_isid_is_refused() {
    let decode = codec("iSCSI").transport_id.unwrap().decode;
    for text in [
        "iqn.1994-05.org.example:a",
        "iqn.1994-05.org.example:a,i,0x",
        "iqn.1994-05.org.example:a,i,0x00023d00000",
        "iqn.1994-05.org.example:a,i,0x00023g000001",
        "iqn.1994-05.org.example:a,i,00023d000001xx",
        ",i,0x00023d000001",
    ] {
        let len = (text.len() + 1).max(20).next_multiple_of(4);
        let mut id = vec![0x45, 0, 0, u8::try_from(len).unwrap()];
        id.extend_from_slice(text.as_bytes());
        id.resize(4 + len, 0);
        assert_eq!(decode(&id), None, "{text}");
    }
}

#[test]
fn name_without_a_transport_id_has_a_value() {
    let value = |protocol, name: &[u8]| (codec(protocol).parse)(name).unwrap().value;
    let naa = [0x50, 0x01, 0x40, 0x5a, 0xbc, 0xde, 0xf0, 0x12];
    for protocol in ["ADT", "ATA", "UAS"] {
        assert_eq!(value(protocol, b"naa.5001405abcdef012"), naa);
    }
    assert_eq!(value("SSA", b"0x5001405ABCDEF012"), naa);
    assert_eq!(value("PCIe", b"abcd:3b:1f.1"), [0xab, 0xcd, 0x3b, 0xf9]);
    assert_eq!(value("PCIe", b"3b:00.0"), [0, 0, 0x3b, 0x00]);
}

/// Reserved bits, the bits of another format, and another length make a TransportID invalid.
#[test]
fn each_bit_of_a_transport_id_is_checked() {
    for codec in with_transport_ids() {
        let example = tcm_mod_builder::protocol::find(codec.protocol)
            .unwrap()
            .example;
        let id = encode(codec, example, None);
        let decode = codec.transport_id.unwrap().decode;
        let named = decode(&id).unwrap();
        for bit in 0..id.len() * 8 {
            let mut other = id.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(
                decode(&other).as_ref(),
                Some(&named),
                "{} {bit}",
                codec.protocol
            );
        }
        assert_eq!(decode(&id[..id.len() - 1]), None);
        assert_eq!(decode(&[&id[..], &[0]].concat()), None);
        assert_eq!(decode(&[]), None);
    }
}

#[test]
fn transport_id_of_another_protocol_is_refused() {
    for codec in with_transport_ids() {
        let example = tcm_mod_builder::protocol::find(codec.protocol)
            .unwrap()
            .example;
        let id = encode(codec, example, None);
        for other in CODECS
            .iter()
            .filter(|other| other.protocol != codec.protocol)
        {
            let decoded = other.transport_id.and_then(|other| (other.decode)(&id));
            assert_eq!(decoded, None, "{} as {}", codec.protocol, other.protocol);
        }
    }
}
