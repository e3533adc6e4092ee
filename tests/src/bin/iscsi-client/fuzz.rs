// SPDX-License-Identifier: GPL-2.0-only

//! Sessions with mutated PDUs.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fastrand::Rng;
use xtask::initiator::{Connection, NO_TAG, Pdu, agreed, reply, stage};

use super::{SUCCESS, Target, set, want, write};

/// Number of initiator ports, used in turn.
const PORTS: u32 = 16;

/// Runs sessions with mutated PDUs for `seconds`.
pub(super) fn fuzz(target: &Target, seconds: u64, seed: u64) -> Result<()> {
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut sessions, mut sent) = (0_u32, 0);
    while Instant::now() < end {
        sessions += 1;
        let mut connection = target.connect()?;
        // The target may read a login after that of the next session, and would reinstate that
        // session if both were of one port.
        connection.isid[4] = 1 + u8::try_from(sessions % PORTS)?;
        sent +=
            session(connection, target, &mut rng).with_context(|| format!("session {sessions}"))?;
        if sessions % 16 == 0 {
            target.visit().context("after that")?;
        }
    }
    target.visit().context("at the end")?;
    println!("{sessions} sessions, {sent} PDUs");
    Ok(())
}

/// Runs a session. Returns the number of PDUs sent. The target may close the connection.
fn session(mut connection: Connection, target: &Target, rng: &mut Rng) -> Result<u32> {
    let digests = [
        "",
        "HeaderDigest=CRC32C\0",
        "DataDigest=CRC32C\0",
        "HeaderDigest=CRC32C\0DataDigest=CRC32C\0",
    ];
    let keys = [
        "",
        "InitialR2T=No\0",
        "MaxBurstLength=1024\0",
        "MaxRecvDataSegmentLength=512\0",
    ];
    let digests = rng.choice(digests).unwrap_or_default();
    let text = target.names.keys() + digests + rng.choice(keys).unwrap_or_default();
    let mut ask = Some(if digests.is_empty() {
        let mut request = connection.login_request(stage::OPERATIONAL, Some(stage::FULL), &text);
        if rng.u8(..4) == 0 {
            mutate(&mut request, rng);
        }
        request
    } else {
        let (status, pdu) = connection.ask(stage::OPERATIONAL, Some(stage::FULL), &text)?;
        want(status, SUCCESS)?;
        connection.digests = agreed(&pdu);
        any(&mut connection, rng)
    });
    let stream = &connection.stream;
    stream.set_read_timeout(Some(Duration::from_millis(50)))?;
    stream.set_write_timeout(Some(Duration::from_secs(2)))?;
    let mut sent = 0;
    // An R2T is answered, with valid or mutated data.
    while let Some(mut pdu) = ask.take() {
        if sent > 0 && rng.u8(..3) == 0 {
            mutate(&mut pdu, rng);
        }
        if send(&mut connection, pdu, rng).is_err() || sent > 40 {
            break;
        }
        sent += 1;
        ask = match rng.u8(..3) {
            0 => match connection.receive() {
                Ok(Some(r2t)) if r2t.opcode() == reply::R2T => {
                    let length = r2t.field(44).min(8192) as usize;
                    let (tag, transfer) = (r2t.field(16), r2t.field(20));
                    let data = connection.data_out(tag, transfer, 0, r2t.field(40));
                    Some(data.with(&vec![3; length]))
                }
                Ok(None) => None,
                _ => Some(any(&mut connection, rng)),
            },
            _ => Some(any(&mut connection, rng)),
        };
    }
    Ok(sent)
}

/// Sends a PDU. Its digests match the lengths in the header, so that the target parses it.
/// Sometimes a bit is flipped.
fn send(connection: &mut Connection, mut pdu: Pdu, rng: &mut Rng) -> Result<()> {
    let digests = connection.digests;
    if digests.header {
        pdu.ahs.resize(usize::from(pdu.header[4]) * 4, 1);
    }
    if digests.data {
        // The target refuses a longer data segment by the header.
        let length = (pdu.field(4) & 0x00ff_ffff).min(65_536);
        pdu.data.resize(length as usize, 2);
    }
    let mut bytes = pdu.bytes_with(digests);
    if (digests.header || digests.data) && rng.u8(..16) == 0 {
        let index = rng.usize(..bytes.len());
        bytes[index] ^= 1 << rng.u8(..8);
    }
    connection.send_bytes(&bytes)
}

/// A valid PDU.
fn any(connection: &mut Connection, rng: &mut Rng) -> Pdu {
    let numbers = |it: &Connection| [(16, it.tag), (24, it.cmd_sn), (28, it.exp_stat_sn)];
    match rng.u8(..10) {
        0 => connection.command(0x80, 0, &[0; 6]),
        1 => connection.command(0xc0, 4096, &[0x28, 0, 0, 0, 0, 0, 0, 0, 8, 0]),
        2 => write(connection, 8),
        3 => write(connection, 8).with(&[9; 4096]),
        // Unsolicited data follow.
        4 => connection.command(0x20, 4096, &[0x2a, 0, 0, 0, 0, 0, 0, 0, 8, 0]),
        5 => {
            let tag = connection.tag.wrapping_sub(1);
            connection.data_out(tag, NO_TAG, 0, 0).with(&[4; 1024])
        }
        6 => Pdu::new(0x40, 0x80, &numbers(connection)).with(b"ping"),
        7 => Pdu::new(0x44, 0x80, &numbers(connection)).with(b"SendTargets=All\0"),
        8 => {
            let mut pdu = Pdu::new(0x42, 0x80 | rng.u8(1..=8), &numbers(connection));
            set(&mut pdu, 20, connection.tag.wrapping_sub(1));
            pdu
        }
        _ => Pdu::new(0x46, 0x80, &numbers(connection)),
    }
}

/// Mutates a PDU.
fn mutate(pdu: &mut Pdu, rng: &mut Rng) {
    let extremes = [0, 1, 0x7fff_ffff, 0x8000_0000, NO_TAG - 1, NO_TAG];
    match rng.u8(..8) {
        0 => pdu.header[rng.usize(..48)] ^= 1 << rng.u8(..8),
        1 => pdu.header[0] = rng.u8(..),
        2 => pdu.header[1] = rng.u8(..),
        3 => pdu.header[4] = *rng.choice(&[1, 2, 255]).unwrap_or(&1),
        4 => {
            let length = [[0; 3], [0xff; 3], [0, 0, 1], [0, 0xff, 0xff]];
            pdu.header[5..8].copy_from_slice(&rng.choice(length).unwrap_or_default());
        }
        5 => {
            let offset = 4 * rng.usize(4..12);
            set(pdu, offset, rng.choice(extremes).unwrap_or_default());
        }
        6 => {
            let near = pdu.field(24).wrapping_add(rng.u32(..3)).wrapping_sub(1);
            set(pdu, 24, near);
        }
        _ => {
            if let Some(byte) = rng.choice(&mut pdu.data) {
                *byte = rng.u8(..);
            }
        }
    }
}
