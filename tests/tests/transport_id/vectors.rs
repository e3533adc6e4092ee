// SPDX-License-Identifier: GPL-2.0-only

//! TransportIDs made by hand from the layouts of SPC-4, section 7.6.4, and the values of names.

use xtask::codec::CODECS;

use super::{codec, encode, with_transport_ids};

/// Checks that a name has this TransportID of 24 bytes, zero but for these bytes, and this value.
fn check(protocol: &str, name: &str, bytes: &[(usize, &[u8])], value: &[u8]) {
    let codec = codec(protocol);
    let mut expected = [0; 24];
    for (at, bytes) in bytes {
        expected[*at..*at + bytes.len()].copy_from_slice(bytes);
    }
    let port = (codec.parse)(name.as_bytes()).unwrap();
    assert_eq!(port.value, value);
    assert_eq!(encode(codec, name, None), expected);
    let decoded = (codec.transport_id.unwrap().decode)(&expected);
    assert_eq!(decoded, Some((port.text, None)));
}

/// Section 7.6.4.2: the N_Port_Name in bytes 8 to 15.
#[test]
fn fc_has_the_name_at_byte_8() {
    let value = [0x21, 0x00, 0x00, 0x24, 0xff, 0x31, 0x4c, 0x48];
    check("FC", "21:00:00:24:ff:31:4c:48", &[(8, &value)], &value);
    check("FC", "0X21000024FF314C48", &[(8, &value)], &value);
}

/// Section 7.6.4.3: SCSI ADDRESS in bytes 2 and 3, RELATIVE TARGET PORT IDENTIFIER in 6 and 7.
#[test]
fn spi_has_the_address_at_byte_2_and_the_port_at_byte_6() {
    let bytes: [(usize, &[u8]); 3] = [(0, &[0x01]), (2, &[0x00, 0x0f]), (6, &[0x12, 0x34])];
    check("SPI", "spi.15.4660", &bytes, &[0x00, 0x0f, 0x12, 0x34]);
}

/// Section 7.6.4.4: EUI-64 NAME in bytes 8 to 15.
#[test]
fn sbp_has_the_eui64_at_byte_8() {
    let value = [0x00, 0x90, 0x27, 0x00, 0x01, 0xab, 0xcd, 0xef];
    let bytes: [(usize, &[u8]); 2] = [(0, &[0x03]), (8, &value)];
    check("SBP", "0090270001abcdef", &bytes, &value);
    check("SBP", "eui.0090270001ABCDEF", &bytes, &value);
}

/// Section 7.6.4.5: INITIATOR PORT IDENTIFIER in bytes 8 to 23.
#[test]
fn srp_has_the_identifier_at_byte_8() {
    let value = [
        0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x00, 0x11, 0x75, 0x00, 0x00, 0x77, 0xd8, 0xee,
    ];
    let bytes: [(usize, &[u8]); 2] = [(0, &[0x04]), (8, &value)];
    check("SRP", "0xfe80000000000000001175000077d8ee", &bytes, &value);
    check(
        "SRP",
        "fe80:0000:0000:0000:0011:7500:0077:d8ee",
        &bytes,
        &value,
    );
}

#[test]
fn a_short_srp_name_is_right_aligned() {
    let mut value = [0; 16];
    value[14..].copy_from_slice(&[0x12, 0xab]);
    check("SRP", "12aB", &[(0, &[0x04]), (22, &[0x12, 0xab])], &value);
}

/// Section 7.6.4.6, format 00b: ADDITIONAL LENGTH is at least 20, and a multiple of four.
#[test]
fn a_short_iscsi_name_is_padded_to_20_bytes() {
    let bytes: [(usize, &[u8]); 2] = [(0, &[0x05, 0, 0, 20]), (4, b"iqn.foo")];
    check("iSCSI", "iqn.foo", &bytes, b"iqn.foo");
    check("iSCSI", "IQN.Foo", &bytes, b"iqn.foo");
}

/// Section 7.6.4.6, format 01b: the name, the five characters of SEPARATOR, the ISID, and a NUL.
#[test]
fn an_iscsi_port_has_its_isid() {
    let iscsi = codec("iSCSI");
    let (name, isid) = ("iqn.1994-05.org.example:a", *b"00023d000001");
    let mut expected = vec![0x45, 0, 0, 44];
    expected.extend_from_slice(b"iqn.1994-05.org.example:a,i,0x00023d000001\0\0");
    assert_eq!(encode(iscsi, name, Some(&isid)), expected);
    let decode = iscsi.transport_id.unwrap().decode;
    let named = Some((name.as_bytes().to_vec(), Some(isid)));
    assert_eq!(decode(&expected), named);
    let upper = String::from_utf8(expected).unwrap().replace("3d", "3D");
    assert_eq!(decode(upper.as_bytes()), named);
}

/// The NUL is counted: a name of 19 bytes is the longest that 20 have room for.
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
        // A byte less than there should be; four too many; a length of another kind.
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

/// A separator that is not there, or stands at the end; an ISID that is too short or no number.
#[test]
fn an_isid_that_is_not_right_is_refused() {
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

/// Section 7.6.4.7: SAS ADDRESS in bytes 4 to 11.
#[test]
fn sas_has_the_address_at_byte_4() {
    let value = [0x50, 0x01, 0x40, 0x5a, 0xbc, 0xde, 0xf0, 0x12];
    let bytes: [(usize, &[u8]); 2] = [(0, &[0x06]), (4, &value)];
    check("SAS", "naa.5001405abcdef012", &bytes, &value);
    check("SAS", "0x5001405ABCDEF012", &bytes, &value);
}

/// Section 7.6.4.8: ROUTING ID in bytes 2 and 3, of a bus, five bits of a device, three of a
/// function.
#[test]
fn sop_has_the_routing_id_at_byte_2() {
    let bytes: [(usize, &[u8]); 2] = [(0, &[0x0a]), (2, &[0x3b, 0xf9])];
    check("SOP", "3B:1f.1", &bytes, &[0x3b, 0xf9]);
}

#[test]
fn where_there_is_no_transport_id_a_name_still_has_its_value() {
    let value = |protocol, name: &[u8]| (codec(protocol).parse)(name).unwrap().value;
    let naa = [0x50, 0x01, 0x40, 0x5a, 0xbc, 0xde, 0xf0, 0x12];
    for protocol in ["ADT", "ATA", "UAS"] {
        assert_eq!(value(protocol, b"naa.5001405abcdef012"), naa);
    }
    assert_eq!(value("SSA", b"0x5001405ABCDEF012"), naa);
    assert_eq!(value("PCIe", b"abcd:3b:1f.1"), [0xab, 0xcd, 0x3b, 0xf9]);
    assert_eq!(value("PCIe", b"3b:00.0"), [0, 0, 0x3b, 0x00]);
}

/// Reserved bits and bytes, and those of another format, make it none; so does another length.
#[test]
fn every_bit_of_a_transport_id_counts() {
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
fn no_protocol_reads_anothers_transport_ids() {
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
