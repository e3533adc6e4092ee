// SPDX-License-Identifier: GPL-2.0-only

//! Initiators that write and read, whatever is done to the target.

use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fastrand::Rng;
use xtask::initiator::{Connection, is_silence, reply};

use super::{Target, each};

/// The first block that is used. Where LUN 0 is not linked, target core has one of its own there,
/// of 64 blocks, that says of every read that it went well.
const START: u32 = 64;

/// The blocks of 512 bytes that a write has, and the writes that an initiator's part of the disk
/// has room for.
const BLOCKS: u8 = 8;
const PLACES: usize = 8;

/// An initiator that goes on whatever happens to it.
struct Insistent {
    target: Target,
    /// Where its part of the disk begins, in blocks.
    start: u32,
    session: Option<Connection>,
    /// What must be at each place, if that is known.
    expected: [Option<u8>; PLACES],
    rng: Rng,
    done: u64,
    broken: u64,
    gone: u64,
}

/// So many initiators at once write and read for as long as `file` is there. Connections may break
/// and commands fail, but what a write was answered for is there, nothing hangs, and at the end all
/// works. Says "begun" when each initiator has written once; none goes on before that, since the
/// first ones would hold up the others. If one cannot write, it says why, and the load never
/// begins.
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
        // Whatever has been done to the target is over.
        for place in 0..PLACES {
            one.succeed(place)?;
        }
        Ok([one.done, one.broken, one.gone])
    })?;
    let [done, broken, gone] =
        [0, 1, 2].map(|index| figures.iter().map(|figures| figures[index]).sum::<u64>());
    println!("{done} writes, {broken} broken connections, {gone} of them without a word");
    Ok(())
}

impl Insistent {
    /// Attempts a place until all goes well, for at most five minutes: two hundred initiators are
    /// slow on a busy host. A target that does not answer is an error of the connection long
    /// before.
    fn succeed(&mut self, place: usize) -> Result<()> {
        let patience = Instant::now() + Duration::from_secs(300);
        let done = self.done;
        while self.done == done {
            ensure!(Instant::now() < patience, "it does not work");
            self.attempt(place)?;
        }
        Ok(())
    }

    /// Reads a place, and writes it. It is an error if the data are not those that were written, or
    /// if the target says nothing.
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

    /// The same; whether all went well. An error with a session is one of the data.
    fn exchange(&mut self, place: usize) -> Result<bool> {
        // A session that breaks is dropped by the question marks.
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
                bail!("block {address}: {found:#x}, and not {byte:#x}");
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

    /// The result, or another error than silence if the target has ended the connection without a
    /// word: the network drops a FIN or RST that it has no memory for, and tells nobody. What is
    /// sent to an end that is gone is answered by a reset, though.
    fn unless_gone<T>(&mut self, session: &mut Connection, result: Result<T>) -> Result<T> {
        let Err(error) = &result else {
            return result;
        };
        if is_silence(error) && (session.send_bytes(&[0]).is_err() || session.is_reset()) {
            self.gone += 1;
            bail!("the connection was gone without a word");
        }
        result
    }
}

/// The status of a command, and the data of a read; sends those of a write as they are asked for.
fn finished(session: &mut Connection, tag: u32, write: &[u8]) -> Result<(u8, Vec<u8>)> {
    let mut data = Vec::new();
    loop {
        let pdu = session.receive()?.context("the target hangs up")?;
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
            // The target asks for a logout.
            0x32 => bail!("the target wants the session to end"),
            _ => {}
        }
    }
}
