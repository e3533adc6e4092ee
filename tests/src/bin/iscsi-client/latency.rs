// SPDX-License-Identifier: GPL-2.0-only

//! Latency: answers that are sent without a delay, and initiators that are not dropped for a slow
//! backstore or network.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use xtask::initiator::{Connection, NO_TAG, Pdu, reply};

use super::{Case, LATE, Target, answered, write};

/// Keys that `iscsi_target_mod` would propose to an initiator without them.
const KEYS: &str = "HeaderDigest=None\0DataDigest=None\0InitialR2T=Yes\0ImmediateData=Yes\0\
    MaxBurstLength=262144\0FirstBurstLength=65536\0MaxRecvDataSegmentLength=262144\0\
    MaxConnections=1\0MaxOutstandingR2T=1\0DefaultTime2Wait=2\0DefaultTime2Retain=0\0\
    DataPDUInOrder=Yes\0DataSequenceInOrder=Yes\0ErrorRecoveryLevel=0\0IFMarker=No\0OFMarker=No\0";

/// Answers a ping.
fn pong(connection: &mut Connection, ping: &Pdu) -> Result<()> {
    let fields = [(16, NO_TAG), (20, ping.field(20)), (24, connection.cmd_sn)];
    connection.send(&Pdu::new(0x40, 0x80, &fields))
}

/// Receives the answers to `count` writes, which must succeed, and sends the data for each R2T.
/// Returns the time of each answer.
fn answers(connection: &mut Connection, count: usize, start: Instant) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    while times.len() < count {
        let pdu = connection
            .receive()?
            .context("the target closed the connection")?;
        match pdu.opcode() {
            reply::R2T => {
                let data = connection.data_out(pdu.field(16), pdu.field(20), 0, pdu.field(40));
                let length = pdu.field(44) as usize;
                connection.send(&data.with(&vec![0x5a; length]))?;
            }
            reply::RESPONSE => {
                ensure!(pdu.header[3] == 0, "failed: {pdu:?}");
                times.push(start.elapsed());
            }
            0x20 => pong(connection, &pdu)?,
            other => bail!("unexpected opcode {other:#x}"),
        }
    }
    Ok(times)
}

/// Sends `count` writes at once to a slow device: the first answer must arrive when the first write
/// is complete.
pub(super) fn first(target: &Target, count: u64) -> Result<()> {
    let mut connection = target.session(KEYS)?;
    let count = usize::try_from(count)?;
    // The first write of a session is not measured: caches are empty.
    for count in [1, count] {
        let writes: Vec<_> = (0..count)
            .map(|_| write(&mut connection, 8).with(&[0x5a; 4096]).bytes())
            .collect();
        let start = Instant::now();
        connection.send_bytes(&writes.concat())?;
        let times = answers(&mut connection, count, start)?;
        let (Some(first), Some(last)) = (times.first(), times.last()) else {
            bail!("no answer");
        };
        println!("{count} writes: first answer after {first:?}, last after {last:?}");
        let share = u32::try_from(count)?.div_ceil(4);
        ensure!(
            *first <= *last / share + Duration::from_millis(20),
            "the first answer is delayed"
        );
    }
    connection.log_out()
}

/// Writes that take longer than `dataout_timeout` and `nopin_response_timeout` without a fault of
/// the initiator. The guest's script sets these to 2 and 3 seconds.
pub(super) const BUSY: [Case; 2] = [
    ("a device that takes longer for the writes", |target| {
        let mut connection = target.session("")?;
        let start = Instant::now();
        for _ in 0..32 {
            let write = write(&mut connection, 128);
            connection.send(&write)?;
        }
        answers(&mut connection, 32, start)?;
        let taken = start.elapsed();
        ensure!(taken > Duration::from_secs(4), "a fast device: {taken:?}");
        connection.log_out()
    }),
    ("a slow network", |target| {
        let mut connection = target.session("")?;
        let write = write(&mut connection, 128);
        connection.send(&write)?;
        let r2t = answered(&mut connection, reply::R2T)?;
        let data = connection.data_out(r2t.field(16), r2t.field(20), 0, r2t.field(40));
        // One PDU of 64 KiB takes five seconds, with no answer to a ping meanwhile.
        for piece in data.with(&[0x5a; 65536]).bytes().chunks(1024) {
            connection.send_bytes(piece)?;
            thread::sleep(Duration::from_millis(80));
        }
        loop {
            let pdu = connection
                .receive()?
                .context("the target closed the connection")?;
            match pdu.opcode() {
                0x20 => pong(&mut connection, &pdu)?,
                reply::RESPONSE => break ensure!(pdu.header[3] == 0, "failed: {pdu:?}"),
                other => bail!("unexpected opcode {other:#x}"),
            }
        }
        connection.log_out()
    }),
];

/// Waits for a ping, which the target sends after a change of `nopin_timeout`.
pub(super) fn pinged(target: &Target) -> Result<()> {
    let mut connection = target.session("")?;
    println!("waits");
    let start = Instant::now();
    answered(&mut connection, 0x20)?;
    ensure!(start.elapsed() < LATE, "the ping is late");
    Ok(())
}
