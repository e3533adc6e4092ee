// SPDX-License-Identifier: GPL-2.0-only

//! A guest program that measures an iSCSI target with many sessions: the time of a login, the time
//! of a 4 KiB read, and the memory of a session. One thread has all sessions, so that its own
//! scheduling is not measured.

use std::fs;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use xtask::initiator::{Connection, Names, reply};

/// Keys of the only login request. A target with nothing to propose ends the login at once.
const KEYS: &str = "HeaderDigest=None\0DataDigest=None\0MaxConnections=1\0InitialR2T=Yes\0\
    ImmediateData=Yes\0MaxRecvDataSegmentLength=262144\0MaxBurstLength=262144\0\
    FirstBurstLength=65536\0DefaultTime2Wait=2\0DefaultTime2Retain=0\0MaxOutstandingR2T=1\0\
    DataPDUInOrder=Yes\0DataSequenceInOrder=Yes\0ErrorRecoveryLevel=0\0";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(figure) => {
            println!("{figure:.0}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("iscsi-rate: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures the nanoseconds of a login or a read, or the bytes of a session.
fn run(args: &[String]) -> Result<f64> {
    let [what, portal, target, sessions, count] = args else {
        bail!("want: login|read|memory PORTAL TARGET SESSIONS COUNT");
    };
    let mut initiator = Initiator {
        portal: portal.clone(),
        names: Names {
            initiator: "iqn.1994-05.org.example.client:rate".to_owned(),
            target: Some(target.clone()),
        },
        sessions: Vec::new(),
    };
    let sessions = sessions.parse().context("SESSIONS")?;
    let count = count.parse().context("COUNT")?;
    initiator.log_in(sessions)?;
    match what.as_str() {
        "login" => initiator.time_of_a_login(count),
        "read" => initiator.time_of_a_read(count),
        "memory" => initiator.memory_of_a_session(count),
        _ => bail!("no {what}"),
    }
}

/// An initiator with many sessions.
struct Initiator {
    portal: String,
    names: Names,
    sessions: Vec<Connection>,
}

impl Initiator {
    /// Opens another session.
    fn session(&self) -> Result<Connection> {
        let mut connection = Connection::new(self.portal.parse().context("PORTAL")?)?;
        let number = u16::try_from(self.sessions.len())?;
        connection.isid[4..].copy_from_slice(&number.to_be_bytes());
        connection.log_in(&self.names, KEYS)?;
        Ok(connection)
    }

    /// Opens further sessions.
    fn log_in(&mut self, sessions: u32) -> Result<()> {
        for _ in 0..sessions {
            let session = self.session()?;
            self.sessions.push(session);
        }
        Ok(())
    }

    /// Nanoseconds of a login and a logout beside the existing sessions.
    fn time_of_a_login(&self, count: u32) -> Result<f64> {
        let start = Instant::now();
        for _ in 0..count {
            self.session()?.log_out()?;
        }
        Ok(start.elapsed().as_secs_f64() * 1e9 / f64::from(count))
    }

    /// Nanoseconds of a read, with one read of each session at a time.
    fn time_of_a_read(&mut self, count: u32) -> Result<f64> {
        let sessions = u32::try_from(self.sessions.len())?;
        let turns = count / sessions;
        let start = Instant::now();
        for _ in 0..turns {
            for session in &mut self.sessions {
                // READ (10) of eight blocks.
                let command = session.command(0xc0, 4096, &[0x28, 0, 0, 0, 0, 0, 0, 0, 8, 0]);
                session.send(&command)?;
            }
            for session in &mut self.sessions {
                let pdu = session
                    .receive()?
                    .context("the target closed the connection")?;
                let is_all = pdu.opcode() == reply::DATA && pdu.data.len() == 4096;
                ensure!(is_all && pdu.header[1] & 1 != 0, "no data: {pdu:?}");
            }
        }
        Ok(start.elapsed().as_secs_f64() * 1e9 / f64::from(turns * sessions))
    }

    /// Bytes of a session, including both ends of its connection, measured with `count` further
    /// ones.
    fn memory_of_a_session(&mut self, count: u32) -> Result<f64> {
        let before = free()?;
        self.log_in(count)?;
        Ok((before - free()?) / f64::from(count))
    }
}

/// Bytes of free memory, after caches are dropped.
fn free() -> Result<f64> {
    fs::write("/proc/sys/vm/drop_caches", "3")?;
    let all = fs::read_to_string("/proc/meminfo")?;
    let line = all.lines().find_map(|line| line.strip_prefix("MemFree:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    let kib: f64 = kib.context("no MemFree")?.parse()?;
    Ok(kib * 1024.0)
}
