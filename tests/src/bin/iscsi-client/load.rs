// SPDX-License-Identifier: GPL-2.0-only

//! Initiators that write and read while the target is disturbed.

use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fastrand::Rng;
use xtask::initiator::{Connection, is_silence, reply};

use super::{Target, each};

/// The first block in use. In place of an unlinked LUN 0, target core has a virtual one of 64
/// blocks that answers each read with success.
const START: u32 = 64;

/// Blocks of 512 bytes in a write, and writes in an initiator's part of the disk.
const BLOCKS: u8 = 8;
const PLACES: usize = 8;

/// An initiator that continues after errors.
struct Insistent {
    target: Target,
    /// Start of its part of the disk, in blocks.
    start: u32,
    session: Option<Connection>,
    /// Expected content of each place, if it is known.
    expected: [Option<u8>; PLACES],
    rng: Rng,
    done: u64,
    broken: u64,
    gone: u64,
}

/// Runs parallel initiators that write and read while `file` exists. Connections may break and
/// commands may fail, but acknowledged data must be there, nothing may hang, and at the end all
/// must work. Prints "begun" when each initiator has written once. None continues before that,
/// since the first ones would delay the others. If an initiator cannot write, it prints the reason,
/// and the load does not begin.
pub(super) fn load(target: &Target, initiators: u64, file: &Path) -> Result<()> {
    let begun = Barrier::new(usize::try_from(initiators)?);
    let figures = each(initiators, |index| {
        let mut one = Insistent {
            target: target.by(index),
            start: START + u32::try_from(index)? * u32::from(BLOCKS) * u32::try_from(PLACES)?,
            session: None,
            expected: [None; PLACES],
            rng: Rng::with_seed(index),
            done: 0,
            broken: 0,
            gone: 0,
        };
        one.succeed(0)
            .inspect_err(|error| eprintln!("initiator {index}: {error:#}"))?;
        if begun.wait().is_leader() {
            println!("begun");
        }
        while file.exists() {
            let place = one.rng.usize(..PLACES);
            one.attempt(place)?;
        }
        // The target is no longer disturbed.
        for place in 0..PLACES {
            one.succeed(place)?;
        }
        Ok([one.done, one.broken, one.gone])
    })?;
    let [done, broken, gone] =
        [0, 1, 2].map(|index| figures.iter().map(|figures| figures[index]).sum::<u64>());
    println!("{done} writes, {broken} broken connections, {gone} of them without FIN or RST");
    Ok(())
}

impl Insistent {
    /// Attempts a place until it succeeds, for at most five minutes, since two hundred initiators
    /// are slow on a busy host. The connection fails much earlier if the target does not answer.
    fn succeed(&mut self, place: usize) -> Result<()> {
        let patience = Instant::now() + Duration::from_secs(300);
        let done = self.done;
        while self.done == done {
            ensure!(
                Instant::now() < patience,
                "the place cannot be written and read"
            );
            self.attempt(place)?;
        }
        Ok(())
    }

    /// Reads a place, and writes it. Wrong data are an error, and so is a target that does not
    /// answer.
    fn attempt(&mut self, place: usize) -> Result<()> {
        match self.exchange(place) {
            Ok(true) => {
                self.done += 1;
                Ok(())
            }
            Ok(false) => Ok(()),
            Err(error) if is_silence(&error) || self.session.is_some() => Err(error),
            Err(_) => {
                self.broken += 1;
                thread::sleep(Duration::from_millis(20));
                Ok(())
            }
        }
    }

    /// As [`Self::attempt`]. Returns true if both commands succeed. If an error leaves the session,
    /// the data are wrong.
    fn exchange(&mut self, place: usize) -> Result<bool> {
        // `?` drops a broken session.
        let mut session = match self.session.take() {
            Some(session) => session,
            None => {
                let mut session = self.target.connect()?;
                let login = session.log_in(&self.target.names, "");
                self.unless_gone(&mut session, login)?;
                session
            }
        };
        let address = self.start + u32::try_from(place)? * u32::from(BLOCKS);
        let [a, b, c, d] = address.to_be_bytes();
        let cdb = |opcode| [opcode, 0, a, b, c, d, 0, 0, BLOCKS, 0];
        let length = u32::from(BLOCKS) * 512;
        let command = session.command(0xc0, length, &cdb(0x28));
        session.send(&command)?;
        let read = finished(&mut session, command.field(16), &[]);
        let (status, data) = self.unless_gone(&mut session, read)?;
        let is_read = status == 0 && data.len() == length as usize;
        if let (true, Some(byte)) = (is_read, self.expected[place]) {
            if let Some(found) = data.iter().find(|found| **found != byte) {
                self.session = Some(session);
                bail!("block {address}: {found:#x} instead of {byte:#x}");
            }
        }
        let byte = self.rng.u8(..);
        self.expected[place] = None;
        let data = vec![byte; length as usize];
        let mut command = session.command(0xa0, length, &cdb(0x2a));
        if self.rng.bool() {
            command = command.with(&data);
        }
        session.send(&command)?;
        let written = finished(&mut session, command.field(16), &data);
        let (status, _) = self.unless_gone(&mut session, written)?;
        let is_written = status == 0;
        self.expected[place] = is_written.then_some(byte);
        self.session = Some(session);
        Ok(is_read && is_written)
    }

    /// The result, or an error other than silence if the target has closed the connection and its
    /// FIN or RST was lost, which happens without free memory. Data for a closed connection are
    /// answered by a reset.
    fn unless_gone<T>(&mut self, session: &mut Connection, result: Result<T>) -> Result<T> {
        let Err(error) = &result else {
            return result;
        };
        if is_silence(error) && (session.send_bytes(&[0]).is_err() || session.is_reset()) {
            self.gone += 1;
            bail!("the connection was closed without FIN or RST");
        }
        result
    }
}

/// Status of a command and data of a read. Sends the data of a write for each R2T.
fn finished(session: &mut Connection, tag: u32, write: &[u8]) -> Result<(u8, Vec<u8>)> {
    let mut data = Vec::new();
    loop {
        let pdu = session
            .receive()?
            .context("the target closed the connection")?;
        let is_mine = pdu.field(16) == tag;
        match pdu.opcode() {
            reply::DATA if is_mine => {
                data.extend(&pdu.data);
                if pdu.header[1] & 1 != 0 {
                    return Ok((pdu.header[3], data));
                }
            }
            reply::RESPONSE if is_mine => return Ok((pdu.header[3], data)),
            reply::R2T if is_mine => {
                let (offset, length) = (pdu.field(40), pdu.field(44));
                let part = write.get(offset as usize..(offset + length) as usize);
                let out = session.data_out(tag, pdu.field(20), 0, offset);
                session.send(&out.with(part.context("an R2T beyond the data")?))?;
            }
            // Asynchronous message with a request for logout.
            0x32 => bail!("the target requests a logout"),
            _ => {}
        }
    }
}
