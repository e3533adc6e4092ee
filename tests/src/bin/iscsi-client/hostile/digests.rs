// SPDX-License-Identifier: GPL-2.0-only

//! Header and data digests, valid and invalid.

use anyhow::{Result, ensure};
use xtask::initiator::{Connection, NO_TAG, Pdu, reply};

use super::super::{Case, Target, answered, write};
use super::is_aborted;

/// A session with both digests.
fn with_digests(target: &Target) -> Result<Connection> {
    let connection = target.session("HeaderDigest=CRC32C\0DataDigest=CRC32C\0")?;
    let digests = connection.digests;
    ensure!(digests.header && digests.data, "{digests:?}");
    Ok(connection)
}

/// Sends a PDU with a flipped bit, `place` bytes before its end.
fn send_spoilt(connection: &mut Connection, pdu: &Pdu, place: usize) -> Result<()> {
    let mut bytes = pdu.bytes_with(connection.digests);
    let index = bytes.len() - place;
    bytes[index] ^= 0x10;
    connection.send_bytes(&bytes)
}

/// Sends a write of 4 KiB with immediate data and a flipped bit: the target rejects the digest, the
/// write fails, and the session continues.
fn spoilt_data(target: &Target, place: usize) -> Result<()> {
    let mut connection = with_digests(target)?;
    let write = write(&mut connection, 8).with(&[0x77; 4096]);
    send_spoilt(&mut connection, &write, place)?;
    let reject = answered(&mut connection, reply::REJECT)?;
    ensure!(reject.header[2] == 2, "no Data Digest Error: {reject:?}");
    let response = answered(&mut connection, reply::RESPONSE)?;
    // PROTOCOL SERVICE CRC ERROR.
    is_aborted(&response, [0x47, 0x05])?;
    connection.inquire()?;
    connection.log_out()
}

pub(super) const CASES: [Case; 4] = [
    ("digests", |target| {
        let mut connection = with_digests(target)?;
        let write = write(&mut connection, 8).with(&[0x77; 4096]);
        connection.send(&write)?;
        let response = answered(&mut connection, reply::RESPONSE)?;
        ensure!(response.header[3] == 0, "failed: {response:?}");
        connection.inquire()?;
        connection.log_out()
    }),
    ("a header that does not match its digest", |target| {
        for place in [1, 52] {
            let mut connection = with_digests(target)?;
            let ping = Pdu::new(
                0x40,
                0x80,
                &[(16, 5), (20, NO_TAG), (24, connection.cmd_sn)],
            );
            send_spoilt(&mut connection, &ping, place)?;
            ensure!(connection.receive()?.is_none(), "the PDU is answered");
        }
        target.visit()
    }),
    ("data that do not match their digest", |target| {
        spoilt_data(target, 100)
    }),
    ("a wrong digest of data", |target| spoilt_data(target, 1)),
];
