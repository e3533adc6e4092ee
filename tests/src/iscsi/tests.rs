// SPDX-License-Identifier: GPL-2.0-only

//! Layouts, keys and the handshake, by the RFCs.

use crate::codec::to_hex;

use super::keys::{negotiate, pairs};
use super::pdu::{Header, NO_TAG, Numbers, Opcode, Reject, Reply, Residual, Stage};
use super::*;
use proptest::prelude::*;

/// A header of zeros with bytes at some offsets.
fn header(parts: &[(usize, &[u8])]) -> Request {
    let mut header = [0; HEADER_LEN];
    for (offset, bytes) in parts {
        for (place, byte) in header.iter_mut().skip(*offset).zip(*bytes) {
            *place = *byte;
        }
    }
    Request::new(header)
}

const NUMBERS: Numbers = Numbers {
    stat_sn: 0x0102_0304,
    exp_cmd_sn: 0x1112_1314,
    max_cmd_sn: 0x2122_2324,
};

#[test]
fn command_is_read_by_rfc_7143() {
    let request = header(&[
        (0, &[0x41, 0xe1, 0, 0, 2, 0x01, 0x02, 0x03]),
        (8, &[0, 5, 0, 0, 0, 0, 0, 0]),
        (16, &[0xaa, 0xbb, 0xcc, 0xdd]),
        (20, &[0, 0, 0x10, 0]),
        (24, &[0, 0, 0, 7, 0, 0, 0, 9]),
        (32, &[0x28, 0, 0, 0, 0, 1]),
    ]);
    assert_eq!(request.opcode(), Opcode::Command);
    assert!(request.is_immediate() && request.is_final());
    assert_eq!(request.ahs_length(), 8);
    assert_eq!(request.data_length(), 0x0001_0203);
    assert_eq!(request.lun(), 5);
    assert_eq!(request.task_tag(), 0xaabb_ccdd);
    assert_eq!((request.cmd_sn(), request.exp_stat_sn()), (7, 9));
    let command = Command(&request);
    assert!(command.reads() && command.writes());
    assert_eq!((command.attribute(), command.expected_length()), (1, 4096));
    assert_eq!(command.cdb().first(), Some(&0x28));
}

#[test]
fn lun_is_read_as_the_kernel_does() {
    // Peripheral addressing of LUN 3, flat space of LUN 300, and a second level.
    for (field, lun) in [
        ([0, 3, 0, 0, 0, 0, 0, 0], 3),
        ([0x41, 0x2c, 0, 0, 0, 0, 0, 0], 0x412c),
        ([0, 1, 0, 2, 0, 0, 0, 0], 0x0002_0001),
    ] {
        assert_eq!(header(&[(8, &field)]).lun(), lun);
    }
}

#[test]
fn long_cdb_continues_in_the_additional_header_segments() {
    let mut cdb = [0; CDB_MAX];
    let first = [0x7f; 16];
    assert_eq!(pdu::cdb(&first, &[], &mut cdb), Some(16));
    // Seventeen bytes: the length includes the reserved byte, and three bytes are padding.
    let ahs = [0, 2, 1, 0, 0x55, 0, 0, 0];
    assert_eq!(pdu::cdb(&first, &ahs, &mut cdb), Some(17));
    assert_eq!(cdb.get(16), Some(&0x55));
    // After the length of a bidirectional read.
    let ahs = [0, 5, 2, 0, 0, 0, 2, 0, 0, 5, 1, 0, 1, 2, 3, 4];
    assert_eq!(pdu::cdb(&first, &ahs, &mut cdb), Some(20));
    for wrong in [&[0, 9, 1, 0][..], &[0, 0, 1, 0], &[0, 1, 1], &[1, 0, 1, 0]] {
        assert_eq!(pdu::cdb(&first, wrong, &mut cdb), None, "{wrong:?}");
    }
}

#[test]
fn replies_are_laid_out_by_rfc_7143() {
    let bytes = |reply: Reply| *reply.numbered(NUMBERS).as_bytes();
    let at = |header: Header, offset: usize| {
        u32::from_be_bytes([0, 1, 2, 3].map(|index| {
            let place = header.get(offset.wrapping_add(index));
            place.copied().unwrap_or(0)
        }))
    };
    let response = bytes(Reply::response(7, 2, Residual::Overflow(9), 3).with_data(98));
    assert_eq!(at(response, 0), 0x2184_0002);
    assert_eq!(at(response, 4), 98);
    assert_eq!((at(response, 16), at(response, 24)), (7, NUMBERS.stat_sn));
    assert_eq!((at(response, 36), at(response, 44)), (3, 9));

    let data = Reply::data_in(7, 2, 8192, true).with_status(0, Residual::Underflow(5));
    assert!(data.has_status());
    let data = bytes(data);
    assert_eq!(at(data, 0), 0x2583_0000);
    assert_eq!((at(data, 20), at(data, 36)), (NO_TAG, 2));
    assert_eq!((at(data, 40), at(data, 44)), (8192, 5));
    assert!(!Reply::data_in(7, 2, 8192, true).has_status());

    let request = header(&[(8, &[0, 4]), (16, &[0, 0, 0, 7])]);
    let transfer = Reply::ready_to_transfer(&request, 11, 1, 4096, 512);
    assert!(!transfer.has_status());
    let transfer = bytes(transfer);
    assert_eq!(
        (at(transfer, 0), at(transfer, 8)),
        (0x3180_0000, 0x0004_0000)
    );
    assert_eq!((at(transfer, 16), at(transfer, 20)), (7, 11));
    assert_eq!(
        [36, 40, 44].map(|offset| at(transfer, offset)),
        [1, 4096, 512]
    );

    let login = header(&[(8, &[0, 2, 0x3d, 0, 0, 1, 0, 0]), (16, &[0, 0, 0, 9])]);
    let reply = Reply::login(&Login(&login), 5, LoginStatus::SUCCESS);
    let reply = bytes(reply.in_stage(Stage::Operational, Some(Stage::FullFeature)));
    assert_eq!(at(reply, 0), 0x2387_0000);
    assert_eq!((at(reply, 8), at(reply, 12)), (0x0002_3d00, 0x0001_0005));
    let refusal = bytes(Reply::login(&Login(&login), 0, LoginStatus::NOT_FOUND));
    assert_eq!(at(refusal, 36), 0x0203_0000);

    assert!(!Reply::ping(3).has_status() && Reply::pong(3).has_status());
    let message = bytes(Reply::logout_request(10));
    assert_eq!((at(message, 36), at(message, 40)), (0x0100_0000, 10));
    assert_eq!(at(bytes(Reply::reject(Reject::Protocol)), 0), 0x3f80_0400);
    assert_eq!(at(bytes(Reply::text(1, 5)), 0), 0x2440_0000);
    assert_eq!(at(bytes(Reply::text(1, NO_TAG)), 0), 0x2480_0000);
    assert_eq!(at(bytes(Reply::logout(1, 2)), 0), 0x2680_0200);
    assert_eq!(at(bytes(Reply::function_response(1, 255)), 0), 0x2280_ff00);
}

#[test]
fn serial_numbers_wrap() {
    assert!(pdu::is_before(1, 2) && pdu::is_before(u32::MAX, 0));
    assert!(!pdu::is_before(2, 2) && !pdu::is_before(0, u32::MAX));
}

/// Answer to a key, with the values `offer` of the target.
fn outcome(key: &str, value: &str, offer: &Parameters, agreed: &mut Parameters) -> String {
    let mut place = [0; 128];
    let mut writer = Writer::new(&mut place);
    match negotiate(key.as_bytes(), value.as_bytes(), offer, agreed) {
        Some(Value::Nothing) => return "declared".to_owned(),
        Some(value) => assert!(writer.pair(b"k", value)),
        None => return "unknown".to_owned(),
    }
    let length = writer.length();
    let text = place.get(2..length.saturating_sub(1));
    String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
}

#[test]
fn keys_are_negotiated_by_rfc_7143() {
    let offer = Parameters::OFFER;
    for (key, value, expected) in [
        ("HeaderDigest", "CRC32C,None", "CRC32C"),
        ("HeaderDigest", "None,CRC32C", "None"),
        ("DataDigest", "MD5", "Reject"),
        ("InitialR2T", "No", "Yes"),
        ("ImmediateData", "Yes", "Yes"),
        ("ImmediateData", "No", "No"),
        ("ImmediateData", "Maybe", "Reject"),
        ("MaxRecvDataSegmentLength", "0x10000", "declared"),
        ("MaxRecvDataSegmentLength", "511", "Reject"),
        ("MaxBurstLength", "16776192", "262144"),
        ("MaxBurstLength", "1024", "1024"),
        ("FirstBurstLength", "524288", "262144"),
        ("MaxOutstandingR2T", "8", "1"),
        ("MaxConnections", "4", "1"),
        ("ErrorRecoveryLevel", "2", "0"),
        ("ErrorRecoveryLevel", "3", "Reject"),
        ("DefaultTime2Wait", "0", "2"),
        ("DefaultTime2Retain", "20", "0"),
        ("DataPDUInOrder", "No", "Yes"),
        ("IFMarker", "Yes", "No"),
        ("OFMarkInt", "2048", "Reject"),
        ("TaskReporting", "FastAbort,RFC3720", "RFC3720"),
        ("iSCSIProtocolLevel", "2", "1"),
        ("X-com.example", "1", "unknown"),
    ] {
        let mut agreed = Parameters::DEFAULT;
        assert_eq!(
            outcome(key, value, &offer, &mut agreed),
            expected,
            "{key}={value}"
        );
    }
}

#[test]
fn login_request_with_another_isid_tag_or_version_is_refused() {
    let with = |parts: &[(usize, &[u8])]| header(parts);
    let first = with(&[(0, &[0x43, 0x81]), (8, &[0x80, 1]), (16, &[0, 0, 0, 5])]);
    let next = with(&[(0, &[0x43, 0x87]), (8, &[0x80, 1]), (16, &[0, 0, 0, 5])]);
    assert!(Login(&first).is_continued_by(&Login(&next)));
    for (offset, byte) in [(2, 1), (3, 1), (8, 0x40), (13, 9), (19, 6)] {
        let mut bytes = *next.as_bytes();
        if let Some(place) = bytes.get_mut(offset) {
            *place = byte;
        }
        let other = Request::new(bytes);
        assert!(
            !Login(&first).is_continued_by(&Login(&other)),
            "byte {offset}"
        );
    }
}

#[test]
fn command_aborted_before_its_arrival_counts_as_received() {
    // Immediate ABORT TASK with the next CmdSN: RFC 7143, section 11.6.1.
    let abort = |number: u32| {
        header(&[
            (0, &[0x42, 0x81]),
            (24, &20u32.to_be_bytes()),
            (32, &number.to_be_bytes()),
        ])
    };
    for (number, expected) in [(9, None), (10, Some(10)), (19, Some(19)), (20, None)] {
        let abort = abort(number);
        assert_eq!(
            TaskManagement(&abort).awaited_number(10),
            expected,
            "{number}"
        );
    }
}

#[test]
fn first_burst_is_no_longer_than_a_burst() {
    let mut agreed = Parameters::DEFAULT;
    let offer = Parameters::OFFER;
    outcome("FirstBurstLength", "65536", &offer, &mut agreed);
    outcome("MaxBurstLength", "4096", &offer, &mut agreed);
    assert_eq!(agreed.first_burst_length, 4096);
}

#[test]
fn text_is_split_at_nuls() {
    let text = b"A=1\0B=\0\0C=x=y\0D\0=1\0";
    let found: Vec<_> = pairs(text).collect();
    let expected: [Option<(&[u8], &[u8])>; 5] = [
        Some((b"A", b"1")),
        Some((b"B", b"")),
        Some((b"C", b"x=y")),
        None,
        None,
    ];
    assert_eq!(found, expected);
}

/// Bytes of a binary value.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut place = [0; 64];
    let length = chap::decode(text.as_bytes(), &mut place)?;
    place.get(..length).map(<[u8]>::to_vec)
}

#[test]
fn binary_values_are_read_by_rfc_7143_and_rfc_4648() {
    for (text, bytes) in [
        ("0x", ""),
        ("0X666f", "fo"),
        ("0b", ""),
        ("0bZg==", "f"),
        ("0BZm8=", "fo"),
        ("0bZm9v", "foo"),
        ("0bZm9vYg==", "foob"),
        ("0bZm9vYmE=", "fooba"),
        ("0bZm9vYmFy", "foobar"),
        ("0b+/+/", "\u{fb}\u{ff}\u{bf}"),
        // Without the padding of RFC 4648.
        ("0bZg", "f"),
        ("0bZm8", "fo"),
        ("0bZm9vYg", "foob"),
    ] {
        let bytes: Vec<u8> = bytes.chars().map(|char| char as u8).collect();
        assert_eq!(decoded(text), Some(bytes), "{text}");
    }
    for text in [
        "",
        "0",
        "66",
        "0x6",
        "0xgg",
        "0bZg=",
        "0bZ",
        "0bZm9vY",
        "0bZ===",
        "0bZg==Zg==",
        "0b-_-_",
    ] {
        assert_eq!(decoded(text), None, "{text}");
    }
    assert_eq!(decoded(&format!("0x{}", "00".repeat(65))), None);
}

/// Responses of the target to the requests of a handshake, or the status that ends it.
fn handshake(requests: &[&str]) -> Result<Vec<String>, u16> {
    let mut chap = Chap::new([7; RANDOM_LEN]);
    let mut answers = Vec::new();
    for request in requests {
        let mut said = Keys::default();
        for (key, value) in pairs(request.as_bytes()).flatten() {
            said.take(key, value);
        }
        let mut place = [0; 2048];
        let mut writer = Writer::new(&mut place);
        let result = chap.answer::<Host>(&said, &CREDENTIALS, &mut writer);
        let length = writer.length();
        result.map_err(|status| status.0)?;
        let answer = String::from_utf8_lossy(place.get(..length).unwrap_or_default());
        answers.push(answer.into_owned());
    }
    Ok(answers)
}

#[test]
fn target_and_initiator_authenticate_each_other() {
    let response = Sha256::digest([&[7], CREDENTIALS.password, &[7; 32]].concat());
    let proof = format!(
        "CHAP_N=reader\0CHAP_R=0x{}\0CHAP_I=9\0CHAP_C=0x0102\0",
        to_hex(&response)
    );
    let answers = handshake(&["CHAP_A=5a,7,6\0", &proof, ""]).unwrap_or_default();
    let mutual = Sha256::digest([&[9], CREDENTIALS.password_mutual, &[1, 2]].concat());
    let expected = [
        format!("CHAP_A=7\0CHAP_I=7\0CHAP_C=0x{}\0", "07".repeat(32)),
        format!("CHAP_N=librarian\0CHAP_R=0x{}\0", to_hex(&mutual)),
        String::new(),
    ];
    assert_eq!(answers, expected);
    // A finished handshake takes no further request.
    let refused = LoginStatus::AUTHENTICATION_FAILURE.0;
    assert_eq!(handshake(&["CHAP_A=7\0", &proof, &proof]), Err(refused));
    assert_eq!(handshake(&[&proof]), Err(refused));
    // Mutual authentication is the choice of the initiator: RFC 7143, section 12.1.3.
    let one_way = format!("CHAP_N=reader\0CHAP_R=0x{}\0", to_hex(&response));
    let answers = handshake(&["CHAP_A=7\0", &one_way]).unwrap_or_default();
    assert_eq!(answers.get(1).map(String::as_str), Some(""));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_input_passes_the_checks(
        bytes in proptest::collection::vec(prop_oneof![Just(0u8), Just(1), any::<u8>()], 0..400),
    ) {
        prop_assert!(check(&bytes).is_ok());
    }

    #[test]
    fn any_text_of_keys_passes_the_checks(
        text in "((HeaderDigest|DataDigest|InitialR2T|ImmediateData|MaxBurstLength\
                 |FirstBurstLength|MaxRecvDataSegmentLength|DefaultTime2Wait|CHAP_A|CHAP_C|X)\
                 =(Yes|No|None|CRC32C|,|-|0x)?[0-9a-f]{0,12}(\u{0}|=|,|\n){0,3}){0,6}",
    ) {
        prop_assert!(check(text.as_bytes()).is_ok());
    }

    #[test]
    fn written_binary_value_is_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let mut place = [0; 160];
        let mut writer = Writer::new(&mut place);
        prop_assert!(writer.pair(b"k", Value::Binary(&bytes)));
        let length = writer.length();
        let text = place.get(2..length.saturating_sub(1)).unwrap_or_default();
        prop_assert_eq!(decoded(&String::from_utf8_lossy(text)), Some(bytes));
    }
}
