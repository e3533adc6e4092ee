// SPDX-License-Identifier: GPL-2.0-only

//! A guest program: client of an iSCSI target, with many logins, attempts to bypass authentication,
//! invalid PDUs, and sessions with mutated PDUs.

mod chap;
mod early;
mod field;
mod fuzz;
mod hostile;
mod latency;
mod load;
mod waits;

use std::fmt::Display;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use xtask::initiator::{Connection, Names, Pdu, reply};
use xtask::shell::program;

/// Statuses of a login response, RFC 7143, section 11.13.5.
const SUCCESS: u16 = 0;
const INITIATOR_ERROR: u16 = 0x0200;
const NOT_AUTHENTIC: u16 = 0x0201;
const INVALID: u16 = 0x020b;
const OUT_OF_RESOURCES: u16 = 0x0302;

/// Maximum delay on a busy machine.
const LATE: Duration = Duration::from_secs(60);

/// Limit of time for the target to close a connection after an error, less than the 30 seconds
/// after which it closes a silent one.
const SOON: Duration = Duration::from_secs(25);

fn main() -> ExitCode {
    program("iscsi-client", run)
}

fn run(args: &[&str]) -> Result<()> {
    let [what, portal, target, rest @ ..] = args else {
        bail!(
            "want: logins|one-way|mutual|optional|field|early|demands|counted|fenced|pinged|latency|busy|hostile|silent|slow|flood|crowd|load|fuzz PORTAL TARGET [OTHER] [NUMBER]... [FILE]"
        );
    };
    let target = Target {
        portal: portal.parse().context("PORTAL")?,
        names: Names {
            initiator: "iqn.1994-05.org.example.client:test".to_owned(),
            target: (*target != "discovery").then(|| (*target).to_owned()),
        },
    };
    let number = |index: usize| -> Result<u64> {
        let text: &&str = rest.get(index).context("a number is missing")?;
        Ok(text.parse()?)
    };
    match *what {
        "logins" => logins(&target, number(0)?, number(1)?),
        "one-way" => all(&target, &chap::ONE_WAY),
        "mutual" => all(&target, &chap::MUTUAL),
        "optional" => all(&target, &chap::OPTIONAL),
        "field" => all(&target, &field::FIELD),
        "early" => all(&target, &early::EARLY),
        "demands" => all(&target, &field::DEMANDS),
        "busy" => all(&target, &latency::BUSY),
        "counted" => field::counted(&target, rest.first() == Some(&"corrupt")),
        "fenced" => field::fenced(&target),
        "pinged" => latency::pinged(&target),
        "latency" => latency::first(&target, number(0)?),
        "hostile" => hostile::hostile(&target),
        "silent" => all(&target, &waits::SILENT),
        "slow" => all(&target, &waits::SLOW),
        "flood" => waits::flood(&target, rest.first().context("OTHER")?.parse()?, number(1)?),
        "crowd" => waits::crowd(&target, number(0)?),
        "load" => load::load(&target, number(0)?, rest.get(1).context("FILE")?.as_ref()),
        "fuzz" => fuzz::fuzz(&target, number(0)?, number(1)?),
        _ => bail!("no {what}"),
    }
}

/// A target, and the names to log in with.
struct Target {
    portal: SocketAddr,
    names: Names,
}

impl Target {
    fn connect(&self) -> Result<Connection> {
        Connection::new(self.portal)
    }

    /// The same target for another initiator.
    fn by(&self, name: impl Display) -> Self {
        Self {
            portal: self.portal,
            names: Names {
                initiator: format!("{}-{name}", self.names.initiator),
                ..self.names.clone()
            },
        }
    }

    /// A new session.
    fn session(&self, operational: &str) -> Result<Connection> {
        let mut connection = self.connect()?;
        connection.log_in(&self.names, operational)?;
        Ok(connection)
    }

    /// Logs in, sends a command and logs out.
    fn visit(&self) -> Result<()> {
        let mut connection = self.session("").context("a login")?;
        connection.inquire().context("an INQUIRY")?;
        connection.log_out().context("a logout")
    }
}

/// Runs initiators in parallel. Returns their results.
fn each<T: Send>(initiators: u64, run: impl Fn(u64) -> Result<T> + Sync) -> Result<Vec<T>> {
    thread::scope(|scope| {
        let run = &run;
        let runs: Vec<_> = (0..initiators)
            .map(|index| scope.spawn(move || run(index)))
            .collect();
        let results = runs.into_iter().map(|run| {
            run.join()
                .unwrap_or_else(|_| bail!("an initiator panicked"))
        });
        results.collect()
    })
}

/// Makes visits by parallel initiators with different names.
fn logins(target: &Target, count: u64, initiators: u64) -> Result<()> {
    let start = Instant::now();
    each(initiators, |index| {
        let target = target.by(index);
        (0..count / initiators)
            .try_for_each(|round| target.visit().with_context(|| format!("visit {round}")))
    })?;
    let seconds = start.elapsed().as_secs_f64();
    println!("{count} logins in {seconds:.1} s");
    Ok(())
}

/// A case: its name, and a function that must succeed.
type Case = (&'static str, fn(&Target) -> Result<()>);

/// Runs all cases.
fn all(target: &Target, cases: &[Case]) -> Result<()> {
    let mut failed = 0;
    for (name, case) in cases {
        match case(target) {
            Ok(()) => println!("ok {name}"),
            Err(error) => {
                failed += 1;
                println!("not ok {name}: {error:#}");
            }
        }
    }
    ensure!(failed == 0, "{failed} of {} failed", cases.len());
    Ok(())
}

/// Sends PERSISTENT RESERVE OUT (SPC-4, section 6.16), which must succeed.
fn reserve(
    connection: &mut Connection,
    action: u8,
    kind: u8,
    key: u8,
    action_key: u8,
) -> Result<()> {
    let mut list = [0; 24];
    (list[7], list[15]) = (key, action_key);
    let cdb = [0x5f, action, kind, 0, 0, 0, 0, 0, 24, 0];
    let command = connection.command(0xa0, 24, &cdb).with(&list);
    connection.send(&command)?;
    loop {
        let pdu = connection
            .receive()?
            .context("the target closed the connection")?;
        if pdu.opcode() == reply::RESPONSE && pdu.field(16) == command.field(16) {
            let status = pdu.header[3];
            // Retry after a unit attention for an earlier event.
            if status == 2 && pdu.data.get(4) == Some(&6) {
                return reserve(connection, action, kind, key, action_key);
            }
            ensure!(status == 0, "action {action}: status {status:#x}");
            return Ok(());
        }
    }
}

fn want(status: u16, wanted: u16) -> Result<()> {
    ensure!(
        status == wanted,
        "status {status:#06x} instead of {wanted:#06x}"
    );
    Ok(())
}

/// Checks that the target closes the connection soon, not because of silence. Ignores PDUs before
/// that.
fn ended(connection: &mut Connection) -> Result<()> {
    let start = Instant::now();
    while connection.receive()?.is_some() {}
    ensure!(start.elapsed() < SOON, "the connection stays open");
    Ok(())
}

/// Receives the next PDU, which must have the opcode `wanted`.
fn answered(connection: &mut Connection, wanted: u8) -> Result<Pdu> {
    let pdu = connection
        .receive()?
        .context("the target closed the connection")?;
    ensure!(pdu.opcode() == wanted, "not {wanted:#x}: {pdu:?}");
    Ok(pdu)
}

/// Sends a write of 64 KiB without data. Returns the R2T.
fn asked(connection: &mut Connection) -> Result<Pdu> {
    let write = write(connection, 128);
    connection.send(&write)?;
    answered(connection, reply::R2T)
}

/// A write command for blocks of 512 bytes.
fn write(connection: &mut Connection, blocks: u8) -> Pdu {
    let length = u32::from(blocks) * 512;
    connection.command(0xa0, length, &[0x2a, 0, 0, 0, 0, 0, 0, 0, blocks, 0])
}

/// Sends a TMF to LUN 0, whose response must be FUNCTION COMPLETE.
fn manage(connection: &mut Connection, function: u8, task: u32) -> Result<()> {
    let fields = [
        (16, connection.tag),
        (20, task),
        (24, connection.cmd_sn),
        (28, connection.exp_stat_sn),
    ];
    let tag = connection.tag;
    connection.tag += 1;
    connection.send(&Pdu::new(0x42, 0x80 | function, &fields))?;
    loop {
        let pdu = connection
            .receive()?
            .context("the target closed the connection")?;
        if pdu.opcode() == 0x22 && pdu.field(16) == tag {
            ensure!(pdu.header[2] == 0, "response {}", pdu.header[2]);
            return Ok(());
        }
    }
}

/// Sets a field of four bytes in the header.
fn set(pdu: &mut Pdu, offset: usize, value: u32) {
    pdu.header[offset..offset + 4].copy_from_slice(&value.to_be_bytes());
}
