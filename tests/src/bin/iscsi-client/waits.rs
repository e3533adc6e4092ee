// SPDX-License-Identifier: GPL-2.0-only

//! Slow cases: commands in the backstore, silent initiators, and many connections or sessions.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use xtask::initiator::{Connection, NO_TAG, Pdu, stage};

use super::{
    Case, LATE, OUT_OF_RESOURCES, SUCCESS, Target, answered, asked, ended, manage, reserve, want,
};

/// Sends a read, which takes the backstore more than a second. Returns its tag.
fn read(connection: &mut Connection) -> Result<u32> {
    let command = connection.command(0xc0, 512, &[0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    connection.send(&command)?;
    Ok(command.field(16))
}

/// Aborts and ends of sessions with commands in the backstore.
pub(super) const SLOW: [Case; 5] = [
    ("PREEMPT AND ABORT during a read", |target| {
        let mut holder = target.by("holder").session("")?;
        // REGISTER, and RESERVE for registrants only.
        reserve(&mut holder, 0, 0, 0, 2)?;
        reserve(&mut holder, 1, 5, 2, 0)?;
        let mut connection = target.session("")?;
        reserve(&mut connection, 0, 0, 0, 1)?;
        read(&mut connection)?;
        // The abort of the read needs its response to be released meanwhile.
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

/// More than the resolution of the target's clock.
const EARLY: Duration = Duration::from_millis(100);

/// Checks that the target closes a silent connection `seconds` after `start`.
fn is_dropped(mut connection: Connection, start: Instant, seconds: u64) -> Result<()> {
    while connection.receive()?.is_some() {}
    is_time(start, seconds)
}

/// Checks that about `seconds` have passed since `start`. `start` must precede the start of the
/// target's timer, or the target may seem early on a slow machine.
fn is_time(start: Instant, seconds: u64) -> Result<()> {
    let (taken, wanted) = (start.elapsed(), Duration::from_secs(seconds));
    ensure!(
        taken + EARLY >= wanted && taken < wanted + LATE,
        "after {taken:?} instead of {wanted:?}"
    );
    Ok(())
}

/// Silent initiators. The guest's script sets the timeouts.
pub(super) const SILENT: [Case; 4] = [
    ("nothing at all", |target| {
        let start = Instant::now();
        is_dropped(target.connect()?, start, 5)
    }),
    ("a login that does not go on", |target| {
        let start = Instant::now();
        let mut connection = target.connect()?;
        want(connection.ask(1, None, &target.names.keys())?.0, SUCCESS)?;
        is_dropped(connection, start, 5)
    }),
    ("data that never come", |target| {
        let mut connection = target.session("")?;
        let start = Instant::now();
        asked(&mut connection)?;
        // Pings are answered, so that only the missing data end the session.
        while let Some(pdu) = connection.receive()? {
            ensure!(start.elapsed() < LATE, "the connection stays open");
            let fields = [(16, NO_TAG), (20, pdu.field(20)), (24, connection.cmd_sn)];
            if pdu.opcode() == 0x20 && connection.send(&Pdu::new(0x40, 0x80, &fields)).is_err() {
                break;
            }
        }
        is_time(start, 2)
    }),
    ("no answer to a ping", |target| {
        let start = Instant::now();
        let mut connection = target.session("")?;
        let ping = answered(&mut connection, 0x20)?;
        ensure!(ping.field(16) == NO_TAG, "{ping:?}");
        is_time(start, 1).context("the ping")?;
        is_dropped(connection, start, 4)
    }),
];

/// Opens `count` connections that never log in, and logs in beside them. An earlier connection from
/// another address can still log in, too.
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
    // The logins have not waited for the timeout of the other connections.
    let open = held.iter().filter(|connection| is_open(connection)).count();
    println!("a login beside {open} others, of {count}, in {seconds:.1} s");
    ensure!(open > 0, "the others were dropped first");
    Ok(())
}

/// Returns true if the target has not closed the connection.
fn is_open(connection: &Connection) -> bool {
    let stream = &connection.stream;
    let read = stream
        .set_nonblocking(true)
        .and_then(|()| stream.peek(&mut [0]));
    read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

/// Opens the maximum number of sessions: another login is refused until a session has logged out.
pub(super) fn crowd(target: &Target, most: u64) -> Result<()> {
    let mut held: Vec<_> = (0..most)
        .map(|index| target.by(index).session(""))
        .collect::<Result<_>>()?;
    let text = target.names.keys();
    let (status, _) = target.connect()?.ask(1, Some(stage::FULL), &text)?;
    want(status, OUT_OF_RESOURCES)?;
    // A second login of a port reinstates its session.
    let mut again = target.by(0).session("")?;
    ended(&mut held[0])?;
    again.log_out()?;
    target.visit()
}
