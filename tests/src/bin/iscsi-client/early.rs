// SPDX-License-Identifier: GPL-2.0-only

//! Requests that arrive before one with a lower `CmdSN`: RFC 7143, section 4.2.2.1. They are executed
//! in the order of their numbers, with their data. The target has `InitialR2T=No`.

use anyhow::{Context, Result, ensure};
use xtask::initiator::{Connection, NO_TAG, Pdu, reply};

use super::{Case, Target, answered, ended, set, write};

const KEYS: &str = "InitialR2T=No\0MaxRecvDataSegmentLength=262144\0FirstBurstLength=262144\0";

/// Length of a write of the cases.
const LENGTH: usize = 4096;

/// Data that differ at each offset.
fn pattern() -> Vec<u8> {
    (0..LENGTH)
        .map(|index| u8::try_from(index * 7 % 251).unwrap_or_default())
        .collect()
}

/// A write of [`LENGTH`] bytes with immediate data of half of that, and its unsolicited data, in two
/// PDUs.
fn unsolicited(connection: &mut Connection) -> [Pdu; 3] {
    let data = pattern();
    let (immediate, rest) = data.split_at(LENGTH / 2);
    let mut command = write(connection, 8).with(immediate);
    command.header[1] &= !0x80;
    let tag = command.field(16);
    let (middle, end) = rest.split_at(1001);
    let offset = |length: usize| u32::try_from(LENGTH / 2 + length).unwrap_or_default();
    let mut middle = connection.data_out(tag, NO_TAG, 0, offset(0)).with(middle);
    middle.header[1] = 0;
    let end = connection.data_out(tag, NO_TAG, 1, offset(1001)).with(end);
    [command, middle, end]
}

/// Checks that a write that arrives early has its data.
fn early_write(target: &Target, digests: &str) -> Result<()> {
    let mut connection = target.session(&format!("{KEYS}{digests}"))?;
    // Clears the blocks.
    let clear = write(&mut connection, 8).with(&[0; LENGTH]);
    connection.send(&clear)?;
    answered(&mut connection, reply::RESPONSE)?;
    let first = connection.command(0x80, 0, &[0; 6]);
    let write = unsolicited(&mut connection);
    let read = connection.command(0xc0, 4096, &[0x28, 0, 0, 0, 0, 0, 0, 0, 8, 0]);
    let [command, data @ ..] = &write;
    for pdu in [&read, command, &data[0], &data[1], &first] {
        connection.send(pdu)?;
    }
    for wanted in [&first, command] {
        let response = answered(&mut connection, reply::RESPONSE)?;
        ensure!(response.field(16) == wanted.field(16), "{response:?}");
        ensure!(response.header[3] == 0, "{response:?}");
    }
    let found = answered(&mut connection, reply::DATA)?;
    ensure!(found.data == pattern(), "other data: {:?}", found.data);
    connection.log_out()
}

pub(super) const EARLY: [Case; 5] = [
    ("a write with unsolicited data", |target| {
        early_write(target, "")
    }),
    ("the same with digests", |target| {
        early_write(target, "HeaderDigest=CRC32C\0DataDigest=CRC32C\0")
    }),
    ("additional headers", |target| {
        // A CDB of 32 bytes: the target does not know the command, but needs all of it for that.
        let mut connection = target.session(KEYS)?;
        let first = connection.command(0x80, 0, &[0; 6]);
        let mut long = connection.command(0x80, 0, &[0x7f, 0, 0, 0, 0, 0, 0, 24, 0x7f, 0xff]);
        long.header[4] = 5;
        long.ahs = vec![0; 20];
        (long.ahs[1], long.ahs[2]) = (17, 1);
        connection.send(&long)?;
        connection.send(&first)?;
        answered(&mut connection, reply::RESPONSE)?;
        let response = answered(&mut connection, reply::RESPONSE)?;
        ensure!(response.header[3] == 2, "{response:?}");
        connection.inquire()?;
        connection.log_out()
    }),
    ("a ping with data", |target| {
        let mut connection = target.session(KEYS)?;
        let first = connection.command(0x80, 0, &[0; 6]);
        let fields = [(16, 77), (20, NO_TAG), (24, connection.cmd_sn)];
        connection.cmd_sn += 1;
        connection.send(&Pdu::new(0x00, 0x80, &fields).with(b"echo!"))?;
        connection.send(&first)?;
        answered(&mut connection, reply::RESPONSE)?;
        let pong = answered(&mut connection, 0x20)?;
        ensure!(pong.field(16) == 77 && pong.data == b"echo!", "{pong:?}");
        connection.inquire()?;
        connection.log_out()
    }),
    ("more data than the target keeps", |target| {
        let mut connection = target.session(KEYS)?;
        let number = connection.cmd_sn.wrapping_add(1);
        for index in 0..5 {
            let cdb = [0x2a, 0, 0, 0, 0, 0, 0, 2, 0, 0];
            let mut early = connection.command(0xa0, 262_144, &cdb).with(&[0; 262_144]);
            set(&mut early, 24, number.wrapping_add(index));
            // The target may close the connection meanwhile.
            if connection.send(&early).is_err() {
                break;
            }
        }
        ended(&mut connection).context("after too much data")
    }),
];
