// SPDX-License-Identifier: GPL-2.0-only

//! Mutated wrappers and information units, in any order with data, halts, resets and silence.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fastrand::Rng;

use super::bot::{Bot, Wrapper};
use super::device::{Product, halt};
use super::scsi::{inquiry, pattern, read, works, write};
use super::uas::{Uas, command, function, management};
use super::{Host, scsi};

/// Limit of time for a transfer, which may have no end.
const BRIEF: Duration = Duration::from_millis(20);

/// Number of steps between two checks.
const STEPS: u32 = 24;

/// A host that can take a step at random.
pub(super) trait Fuzzed: Host {
    /// Takes a step, with any result. An error is a device that is gone.
    fn step(&mut self, rng: &mut Rng) -> Result<()>;
}

/// Takes steps at random for `seconds`. The device must work after every few.
pub(super) fn fuzz<T: Fuzzed>(product: Product, seconds: u64, seed: u64) -> Result<()> {
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut host = T::open(product)?;
    let mut steps = 0_u32;
    while Instant::now() < end {
        for _ in 0..STEPS {
            host.step(&mut rng)
                .with_context(|| format!("step {steps}"))?;
            steps += 1;
        }
        host.recover()
            .with_context(|| format!("recovery after step {steps}"))?;
        works(&mut host).with_context(|| format!("after step {steps}"))?;
    }
    println!("{steps} steps");
    Ok(())
}

/// A command, with the number of bytes of its data.
fn any_command(rng: &mut Rng) -> (Vec<u8>, usize) {
    let blocks = rng.u8(..9);
    let bytes = usize::from(blocks) * scsi::BLOCK;
    match rng.u8(..6) {
        0 => (scsi::TEST_UNIT_READY.to_vec(), 0),
        1 => (inquiry(36).to_vec(), 36),
        2 => (vec![3, 0, 0, 0, 18, 0], 18),
        3 => (read(blocks).to_vec(), bytes),
        4 => (write(blocks).to_vec(), bytes),
        _ => {
            let mut cdb = vec![rng.u8(..)];
            // FORMAT UNIT and SANITIZE could take long; no other harm is done to a RAM disk.
            if [0x04, 0x48].contains(&cdb[0]) {
                cdb[0] = 0;
            }
            cdb.extend((1..16).map(|_| if rng.bool() { 0 } else { rng.u8(..) }));
            (cdb, rng.usize(..2048))
        }
    }
}

/// Changes some of the bytes, or their number.
fn mutate(bytes: &mut Vec<u8>, rng: &mut Rng) {
    match rng.u8(..6) {
        0 => bytes.truncate(rng.usize(..=bytes.len())),
        1 => bytes.resize(bytes.len() + rng.usize(..600), rng.u8(..)),
        2 => {
            let extreme = *rng.choice(&[0, 1, 0x7f, 0x80, 0xff]).unwrap_or(&0);
            if let Some(byte) = rng.choice(bytes.iter_mut()) {
                *byte = extreme;
            }
        }
        3 => {
            let bit = 1 << rng.u8(..8);
            if let Some(byte) = rng.choice(bytes.iter_mut()) {
                *byte ^= bit;
            }
        }
        _ => {}
    }
}

impl Fuzzed for Bot {
    fn step(&mut self, rng: &mut Rng) -> Result<()> {
        match rng.u8(..16) {
            0..=5 => {
                let (cdb, length) = any_command(rng);
                let length = if rng.u8(..4) == 0 {
                    rng.usize(..5000)
                } else {
                    length
                };
                let is_in = rng.u8(..4) > 0;
                let wrapper = Wrapper {
                    length: u32::try_from(length)?,
                    is_in,
                    lun: 0,
                    cdb,
                };
                let mut bytes = wrapper.bytes(rng.u32(..));
                if rng.bool() {
                    mutate(&mut bytes, rng);
                }
                self.out.send(&bytes, BRIEF).map(drop)
            }
            6..=8 => self.out.send(&pattern(rng.usize(..4100)), BRIEF).map(drop),
            9..=11 => self.inward.receive(rng.usize(1..4100), BRIEF).map(drop),
            12 => self.inward.clear_halt(),
            13 => self.out.clear_halt(),
            14 => self.class_reset(),
            _ => {
                let address = if rng.bool() {
                    self.inward.address()
                } else {
                    self.out.address()
                };
                halt(&self.interface, address)
            }
        }
    }
}

impl Fuzzed for Uas {
    fn step(&mut self, rng: &mut Rng) -> Result<()> {
        // Few tags, so that some are in use.
        let tag = rng.u16(..8);
        match rng.u8(..16) {
            0..=5 => {
                let (cdb, _) = any_command(rng);
                let mut unit = command(tag, rng.u8(..8) / 7, &cdb);
                if rng.bool() {
                    mutate(&mut unit, rng);
                }
                self.command.send(&unit, BRIEF).map(drop)
            }
            6..=7 => {
                let functions = [
                    function::ABORT_TASK,
                    function::ABORT_TASK_SET,
                    function::CLEAR_TASK_SET,
                    function::LUN_RESET,
                    rng.u8(..),
                ];
                let function = *rng.choice(&functions).unwrap_or(&0);
                let mut unit = management(tag, 0, function, rng.u16(..8));
                if rng.u8(..4) == 0 {
                    mutate(&mut unit, rng);
                }
                self.command.send(&unit, BRIEF).map(drop)
            }
            8..=10 => self.status.receive(512, BRIEF).map(drop),
            11..=12 => self.inward.receive(rng.usize(1..4100), BRIEF).map(drop),
            13..=14 => self.out.send(&pattern(rng.usize(..4100)), BRIEF).map(drop),
            _ => {
                let pipes = &mut **self;
                match rng.u8(..5) {
                    0 => pipes.command.clear_halt(),
                    1 => pipes.status.clear_halt(),
                    2 => pipes.inward.clear_halt(),
                    3 => pipes.out.clear_halt(),
                    _ => {
                        halt(&pipes.interface, pipes.out.address())?;
                        pipes.out.clear_halt()
                    }
                }
            }
        }
    }
}
