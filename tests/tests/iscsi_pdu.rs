// SPDX-License-Identifier: GPL-2.0-only

//! PDUs and text keys of the iSCSI transport on the host: the very files that are compiled into the
//! module. Nothing in them may panic, whatever they are given.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::pedantic,
    reason = "the files are the module's, whose lints are the kernel's"
)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

#[path = "../../kernel-template/data_path/iscsi/iscsi/keys.rs"]
mod keys;
#[path = "../../kernel-template/data_path/iscsi/iscsi/pdu.rs"]
mod pdu;

use keys::{Parameters, Value, Writer, negotiate, pairs};
use pdu::{
    CDB_MAX, Command, DataOut, HEADER_LEN, Header, Login, LoginStatus, Logout, NO_TAG, Numbers,
    Opcode, Reject, Reply, Request, Residual, Stage, TaskManagement,
};
use proptest::prelude::*;

/// A header of zeros, but for these bytes at these places.
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
fn a_command_is_read_as_rfc_7143_lays_it_out() {
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
fn logical_units_are_numbered_as_the_kernel_does() {
    // Peripheral addressing of LUN 3, flat space of LUN 300, and a second level.
    for (wire, lun) in [
        ([0, 3, 0, 0, 0, 0, 0, 0], 3),
        ([0x41, 0x2c, 0, 0, 0, 0, 0, 0], 0x412c),
        ([0, 1, 0, 2, 0, 0, 0, 0], 0x0002_0001),
    ] {
        assert_eq!(header(&[(8, &wire)]).lun(), lun);
    }
}

#[test]
fn a_long_cdb_goes_on_in_the_additional_header_segments() {
    let mut cdb = [0; CDB_MAX];
    let first = [0x7f; 16];
    assert_eq!(pdu::cdb(&first, &[], &mut cdb), Some(16));
    // Seventeen bytes: the length counts the reserved byte, and three bytes pad.
    let ahs = [0, 2, 1, 0, 0x55, 0, 0, 0];
    assert_eq!(pdu::cdb(&first, &ahs, &mut cdb), Some(17));
    assert_eq!(cdb.get(16), Some(&0x55));
    // A length of a bidirectional read comes before.
    let ahs = [0, 5, 2, 0, 0, 0, 2, 0, 0, 5, 1, 0, 1, 2, 3, 4];
    assert_eq!(pdu::cdb(&first, &ahs, &mut cdb), Some(20));
    for wrong in [&[0, 9, 1, 0][..], &[0, 0, 1, 0], &[0, 1, 1], &[1, 0, 1, 0]] {
        assert_eq!(pdu::cdb(&first, wrong, &mut cdb), None, "{wrong:?}");
    }
}

#[test]
fn replies_are_laid_out_as_rfc_7143_has_them() {
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
fn serial_numbers_go_round() {
    assert!(pdu::is_before(1, 2) && pdu::is_before(u32::MAX, 0));
    assert!(!pdu::is_before(2, 2) && !pdu::is_before(0, u32::MAX));
}

/// What a key comes out as, with the target ready for `offer`.
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
fn keys_come_out_as_rfc_7143_says() {
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
        ("FirstBurstLength", "131072", "65536"),
        ("MaxOutstandingR2T", "8", "1"),
        ("MaxConnections", "4", "1"),
        ("ErrorRecoveryLevel", "2", "0"),
        ("ErrorRecoveryLevel", "3", "Reject"),
        ("DefaultTime2Wait", "0", "2"),
        ("DefaultTime2Retain", "20", "0"),
        ("DataPDUInOrder", "No", "Yes"),
        ("IFMarker", "Yes", "No"),
        ("OFMarkInt", "2048", "Irrelevant"),
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
fn a_first_burst_is_never_longer_than_a_burst() {
    let mut agreed = Parameters::DEFAULT;
    let offer = Parameters::OFFER;
    outcome("FirstBurstLength", "65536", &offer, &mut agreed);
    outcome("MaxBurstLength", "4096", &offer, &mut agreed);
    assert_eq!(agreed.first_burst_length, 4096);
}

#[test]
fn a_text_is_split_at_its_nuls() {
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

/// Asks for all that there is to read in a header.
fn read_all(request: &Request) {
    let login = Login(request);
    let function = TaskManagement(request);
    let data = DataOut(request);
    let logout = Logout(request);
    std::hint::black_box((
        (request.opcode(), request.ahs_length(), request.lun()),
        (
            login.current_stage(),
            login.next_stage(),
            login.tsih(),
            login.cid(),
        ),
        (login.isid(), login.version_min(), request.is_continued()),
        (function.function(), function.referenced_tag()),
        (data.offset(), data.data_sn()),
        (logout.reason(), logout.cid()),
        Command(request).cdb().len(),
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_header_makes_it_panic(
        bytes in proptest::array::uniform32(any::<u8>()),
        rest in proptest::array::uniform16(any::<u8>()),
    ) {
        read_all(&header(&[(0, &bytes), (32, &rest)]));
    }

    #[test]
    fn no_additional_header_makes_it_panic(
        ahs in proptest::collection::vec(prop_oneof![Just(0u8), Just(1), any::<u8>()], 0..300),
    ) {
        let mut cdb = [0; CDB_MAX];
        if let Some(length) = pdu::cdb(&[0; 16], &ahs, &mut cdb) {
            prop_assert!(length <= CDB_MAX);
        }
    }

    #[test]
    fn no_text_makes_it_panic_or_agree_on_nonsense(
        text in "(HeaderDigest|DataDigest|InitialR2T|ImmediateData|MaxBurstLength|FirstBurstLength\
                 |MaxRecvDataSegmentLength|DefaultTime2Wait|MaxOutstandingR2T|X)\
                 =(Yes|No|None|CRC32C|,|-|0x)?[0-9a-f]{0,12}(\u{0}|=|,){0,3}",
        room in 0usize..64,
    ) {
        let mut agreed = Parameters::DEFAULT;
        for (key, value) in pairs(text.as_bytes()).flatten() {
            if let Some(value) = negotiate(key, value, &Parameters::OFFER, &mut agreed) {
                let mut place = vec![0; room];
                let mut writer = Writer::new(&mut place);
                let _ = writer.pair(key, value);
                prop_assert!(writer.length() <= room);
            }
        }
        prop_assert!(agreed.first_burst_length <= agreed.max_burst_length);
        prop_assert!((512..=262_144).contains(&agreed.max_burst_length));
        prop_assert!((512..=262_144).contains(&agreed.max_xmit_data_segment_length));
        prop_assert_eq!(agreed.max_outstanding_r2t, 1);
    }
}
