// SPDX-License-Identifier: GPL-2.0-only

//! What takes time: commands that the backstore has, initiators that are silent, connections and
//! sessions that are held.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use xtask::initiator::{Connection, NO_TAG, Pdu, stage};

use super::{
    Case, LATE, OUT_OF_RESOURCES, SUCCESS, Target, answered, asked, ended, manage, reserve, want,
};

/// Begins a read, which takes the backstore more than a second; its tag.
fn read(connection: &mut Connection) -> Result<u32> {
    let command = connection.command(0xc0, 512, &[0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    connection.send(&command)?;
    Ok(command.field(16))
}

/// What happens to commands that the backstore has.
pub(super) const SLOW: [Case; 5] = [
    ("PREEMPT AND ABORT during a read", |target| {
        let mut holder = target.by("holder").session("")?;
        // REGISTER, and RESERVE for registrants only.
        reserve(&mut holder, 0, 0, 0, 2)?;
        reserve(&mut holder, 1, 5, 2, 0)?;
        let mut connection = target.session("")?;
        reserve(&mut connection, 0, 0, 0, 1)?;
        read(&mut connection)?;
        // The read is aborted, for which its response has to be given back meanwhile.
        reserve(&mut connection, 5, 5, 1, 2)?;
        reserve(&mut connection, 3, 0, 1, 0)?;
        connection.log_out()
    }),
    ("a login of the same port during a read", |target| {
        let mut older = target.session("")?;
        read(&mut older)?;
        let mut newer = target.connect()?;
        newer.log_in(&target.names, "")?;
        ended(&mut older)?;
        newer.inquire()?;
        newer.log_out()
    }),
    ("ABORT TASK during a read", |target| {
        let mut connection = target.session("")?;
        let tag = read(&mut connection)?;
        manage(&mut connection, 1, tag)?;
        connection.inquire()?;
        connection.log_out()
    }),
    ("LUN RESET by another session", |target| {
        let mut one = target.session("")?;
        asked(&mut one)?;
        read(&mut one)?;
        let mut other = target.connect()?;
        other.isid[5] = 2;
        other.log_in(&target.names, "")?;
        other.inquire()?;
        manage(&mut other, 5, NO_TAG)?;
        other.log_out()?;
        one.inquire()?;
        one.log_out()
    }),
    ("an end during 32 reads", |target| {
        let mut connection = target.session("")?;
        for _ in 0..32 {
            read(&mut connection)?;
        }
        drop(connection);
        target.visit()
    }),
];

/// How much the clocks of both sides may be apart.
const EARLY: Duration = Duration::from_millis(500);

/// Says nothing, until the target hangs up: not before so many seconds, nor much later.
fn is_dropped(mut connection: Connection, seconds: u64) -> Result<()> {
    let start = Instant::now();
    while connection.receive()?.is_some() {}
    is_time(start, seconds)
}

/// Checks that `seconds` have gone by, and not many more.
fn is_time(start: Instant, seconds: u64) -> Result<()> {
    let (taken, wanted) = (start.elapsed(), Duration::from_secs(seconds));
    ensure!(
        taken + EARLY >= wanted && taken < wanted + LATE,
        "after {taken:?}, and not {wanted:?}"
    );
    Ok(())
}

/// The times are those that the guest's script has set.
pub(super) const SILENT: [Case; 4] = [
    ("nothing at all", |target| is_dropped(target.connect()?, 5)),
    ("a login that does not go on", |target| {
        let mut connection = target.connect()?;
        want(connection.ask(1, None, &target.names.keys())?.0, SUCCESS)?;
        is_dropped(connection, 5)
    }),
    ("data that never come", |target| {
        let mut connection = target.session("")?;
        asked(&mut connection)?;
        // It answers pings, so that it is not dropped for its silence.
        let start = Instant::now();
        while let Some(pdu) = connection.receive()? {
            ensure!(start.elapsed() < LATE, "it waits for ever");
            let fields = [(16, NO_TAG), (20, pdu.field(20)), (24, connection.cmd_sn)];
            if pdu.opcode() == 0x20 && connection.send(&Pdu::new(0x40, 0x80, &fields)).is_err() {
                break;
            }
        }
        is_time(start, 2)
    }),
    ("no answer to a ping", |target| {
        let mut connection = target.session("")?;
        let start = Instant::now();
        let ping = answered(&mut connection, 0x20)?;
        ensure!(ping.field(16) == NO_TAG, "{ping:?}");
        let taken = start.elapsed();
        ensure!(taken + EARLY >= Duration::from_secs(1), "pinged at once");
        is_dropped(connection, 3)
    }),
];

/// Holds so many connections that never log in, and logs in. One that was there before all of them,
/// and comes from another machine, by an address of the portal's, can still log in.
pub(super) fn flood(target: &Target, other: SocketAddr, count: u64) -> Result<()> {
    let mut early = Connection::new(other)?;
    let held: Vec<_> = (0..count)
        .map(|_| target.connect())
        .collect::<Result<_>>()?;
    let start = Instant::now();
    early.log_in(&target.by("early").names, "")?;
    early.log_out()?;
    target.visit()?;
    let seconds = start.elapsed().as_secs_f64();
    println!("a login beside {} others in {seconds:.1} s", held.len());
    ensure!(seconds < 5.0, "that is too long");
    Ok(())
}

/// Holds as many sessions as a portal group takes: the next is refused, until one has logged out.
pub(super) fn crowd(target: &Target, most: u64) -> Result<()> {
    let mut held: Vec<_> = (0..most)
        .map(|index| target.by(index).session(""))
        .collect::<Result<_>>()?;
    let text = target.names.keys();
    let (status, _) = target.connect()?.ask(1, Some(stage::FULL), &text)?;
    want(status, OUT_OF_RESOURCES)?;
    // Who logs in again takes the place of the session before.
    let mut again = target.by(0).session("")?;
    ended(&mut held[0])?;
    again.log_out()?;
    target.visit()
}
