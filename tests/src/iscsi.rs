// SPDX-License-Identifier: GPL-2.0-only

//! PDUs, text keys and authentication of the iSCSI transport on the host, by the files that are
//! compiled into the module. No input may make them panic.
//!
//! The checks for each input are here, for the tests and for `cargo xtask fuzz`.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::pedantic,
    reason = "the files are the module's, whose lints are the kernel's"
)]

#[path = "../../kernel-template/data_path/iscsi/iscsi"]
mod transport {
    pub(super) mod chap;
    pub(super) mod keys;
    pub(super) mod negotiation;
    pub(super) mod pdu;
}

use anyhow::{Result, bail, ensure};
use sha2::{Digest, Sha256};

use transport::chap::{Algorithm, Chap, Credentials, Crypto, DIGEST_MAX, Keys, RANDOM_LEN};
#[cfg(test)]
use transport::keys::Digests;
use transport::keys::{Parameters, Value, Writer};
use transport::negotiation::Negotiation;
use transport::pdu::{
    CDB_MAX, Command, DataOut, HEADER_LEN, Login, LoginStatus, Logout, Request, TaskManagement,
};
use transport::{chap, keys, pdu};

/// A library with SHA-256 only.
struct Host;

impl Crypto for Host {
    fn digest(algorithm: Algorithm, parts: [&[u8]; 3]) -> Option<[u8; DIGEST_MAX]> {
        let digest = Sha256::digest(parts.concat()).into();
        (algorithm == Algorithm::Sha256).then_some(digest)
    }

    fn is_equal(a: &[u8; DIGEST_MAX], b: &[u8; DIGEST_MAX]) -> bool {
        a == b
    }
}

/// The outcome for an input. The fuzzer keeps inputs with a new outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Outcome {
    cdb_length: Option<usize>,
    said: usize,
    unknown: usize,
    repeated: usize,
    rejected: usize,
    status: u16,
}

/// Checks an input, both as a PDU and as a text.
///
/// # Errors
///
/// The check that failed.
pub fn check(input: &[u8]) -> Result<Outcome> {
    let (said, unknown, repeated, rejected) = check_text(input)?;
    Ok(Outcome {
        cdb_length: check_header(input)?,
        said,
        unknown,
        repeated,
        rejected,
        status: check_proof(input)?.0,
    })
}

/// Reads each field of a header. Returns the length of the CDB.
fn check_header(input: &[u8]) -> Result<Option<usize>> {
    let mut header = [0; HEADER_LEN];
    for (place, byte) in header.iter_mut().zip(input) {
        *place = *byte;
    }
    let request = Request::new(header);
    let login = Login(&request);
    let (function, data, logout) = (
        TaskManagement(&request),
        DataOut(&request),
        Logout(&request),
    );
    std::hint::black_box((
        (request.opcode(), request.lun(), request.is_continued()),
        (login.current_stage(), login.next_stage(), login.tsih()),
        (login.isid(), login.version_min(), login.cid()),
        (function.function(), function.referenced_tag()),
        (data.offset(), data.data_sn(), logout.reason(), logout.cid()),
    ));
    ensure!(
        request.data_length() < 1 << 24,
        "the data segment is too long"
    );
    let ahs = input.get(HEADER_LEN..).unwrap_or_default();
    let ahs = ahs.get(..request.ahs_length()).unwrap_or(ahs);
    let mut cdb = [0; CDB_MAX];
    let length = pdu::cdb(Command(&request).cdb(), ahs, &mut cdb);
    ensure!(
        length.is_none_or(|length| length <= CDB_MAX),
        "the CDB is too long"
    );
    Ok(length)
}

/// Negotiates the keys of a text. Returns the numbers of accepted, unknown, repeated and rejected
/// ones.
fn check_text(text: &[u8]) -> Result<(usize, usize, usize, usize)> {
    let mut negotiation = Negotiation::new(Parameters::OFFER);
    let mut counts = [0usize; 4];
    for (key, value) in keys::pairs(text).flatten() {
        let index = if negotiation.note(key).is_ok() {
            match negotiation.take(key, value) {
                Ok(Some(Value::NOT_UNDERSTOOD)) => 1,
                Ok(Some(Value::REJECT)) | Err(_) => 3,
                Ok(answer) => {
                    let mut place = [0; 16];
                    let mut writer = Writer::new(&mut place);
                    let _ = answer.is_none_or(|answer| writer.pair(key, answer));
                    ensure!(writer.length() <= 16, "the answer is too long");
                    0
                }
            }
        } else {
            2
        };
        if let Some(count) = counts.get_mut(index) {
            *count = count.saturating_add(1);
        }
    }
    let Ok(agreed) = negotiation.finish() else {
        bail!("a digest is demanded");
    };
    ensure!(
        agreed.first_burst_length <= agreed.max_burst_length
            && (512..=262_144).contains(&agreed.max_burst_length)
            && (512..=262_144).contains(&agreed.max_xmit_data_segment_length)
            && agreed.max_outstanding_r2t == 1,
        "invalid outcome: {agreed:?}"
    );
    let [said, unknown, repeated, rejected] = counts;
    Ok((said, unknown, repeated, rejected))
}

const CREDENTIALS: Credentials<'_> = Credentials {
    userid: b"reader",
    password: b"secret",
    userid_mutual: b"librarian",
    password_mutual: b"another secret",
};

/// Runs a handshake with the lines of a text as requests. Returns its status. Without the secret,
/// it must not succeed.
fn check_proof(text: &[u8]) -> Result<LoginStatus> {
    let mut chap = Chap::new([7; RANDOM_LEN]);
    for request in text.split(|byte| *byte == b'\n') {
        let mut said = Keys::default();
        for (key, value) in keys::pairs(request).flatten() {
            said.take(key, value);
        }
        let mut place = [0; 2048];
        let mut writer = Writer::new(&mut place);
        if let Err(status) = chap.answer::<Host>(&said, &CREDENTIALS, &mut writer) {
            return Ok(status);
        }
        let digest = Sha256::digest([&[7], CREDENTIALS.password, &[7; 32]].concat());
        let knows = |(key, value)| {
            let mut place = [0; DIGEST_MAX];
            key == b"CHAP_R"
                && chap::decode(value, &mut place) == Some(32)
                && place == <[u8; 32]>::from(digest)
        };
        let is_known = keys::pairs(text).flatten().any(knows);
        ensure!(
            !chap.is_done() || is_known,
            "authenticated without the secret"
        );
    }
    Ok(LoginStatus::SUCCESS)
}

/// Initial inputs for mutations.
#[must_use]
pub fn corpus() -> Vec<Vec<u8>> {
    let texts: [&[u8]; 6] = [
        b"InitiatorName=iqn.2003-01.org.example:a\0SessionType=Normal\0AuthMethod=CHAP,None\0",
        b"HeaderDigest=CRC32C,None\0DataDigest=None\0InitialR2T=No\0ImmediateData=Yes\0",
        b"MaxBurstLength=262144\0FirstBurstLength=0x10000\0MaxRecvDataSegmentLength=8192\0",
        b"DefaultTime2Wait=2\0DefaultTime2Retain=20\0MaxOutstandingR2T=1\0MaxConnections=4\0",
        b"CHAP_A=5,7\0\nCHAP_N=reader\0CHAP_R=0x00\0CHAP_I=1\0CHAP_C=0b4pyT\0",
        b"CHAP_A=7\0\nCHAP_N=reader\0CHAP_R=0x\
          0000000000000000000000000000000000000000000000000000000000000000\0",
    ];
    let mut inputs: Vec<_> = texts.iter().map(|text| text.to_vec()).collect();
    let mut command = vec![0x01, 0xe1, 0, 0, 2];
    command.resize(HEADER_LEN, 0);
    // An extended CDB with four more bytes.
    command.extend([0, 5, 1, 0, 1, 2, 3, 4]);
    inputs.push(command);
    inputs
}

#[cfg(test)]
mod exchanges;
#[cfg(test)]
mod tests;
