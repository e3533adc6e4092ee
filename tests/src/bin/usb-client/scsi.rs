// SPDX-License-Identifier: GPL-2.0-only

//! SCSI commands, and the check that a device works.

use std::sync::atomic::{AtomicU8, Ordering};

use anyhow::{Result, bail, ensure};

use super::Host;

/// Number of bytes in a block of the device.
pub(super) const BLOCK: usize = 512;

/// The end of a command.
#[derive(Debug)]
pub(super) struct Ended {
    /// Data received.
    pub data: Vec<u8>,
    /// Sense data; empty if the command has succeeded.
    pub sense: Vec<u8>,
}

impl Ended {
    /// Sense key, additional sense code and qualifier; `None` if the command has succeeded.
    pub(super) fn key(&self) -> Option<[u8; 3]> {
        let byte = |index: usize| self.sense.get(index).copied().unwrap_or_default();
        (!self.sense.is_empty()).then(|| [byte(2) & 0xf, byte(12), byte(13)])
    }
}

/// Returns true if these are current sense data in the fixed format.
pub(super) fn is_sense(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|code| code & 0x7f == 0x70) && bytes.len() >= 14
}

/// Sense of a command with an operation code that the device does not have.
pub(super) const INVALID_OPCODE: [u8; 3] = [5, 0x20, 0];

/// Sense of a command to a LUN that does not exist.
pub(super) const NO_LUN: [u8; 3] = [5, 0x25, 0];

pub(super) const TEST_UNIT_READY: [u8; 6] = [0; 6];

pub(super) fn inquiry(length: u8) -> [u8; 6] {
    [0x12, 0, 0, 0, length, 0]
}

/// READ (10) of blocks from the first one on.
pub(super) fn read(blocks: u8) -> [u8; 10] {
    [0x28, 0, 0, 0, 0, 0, 0, 0, blocks, 0]
}

/// WRITE (10) of blocks from the first one on.
pub(super) fn write(blocks: u8) -> [u8; 10] {
    [0x2a, 0, 0, 0, 0, 0, 0, 0, blocks, 0]
}

/// Bytes that differ from those of the last call.
pub(super) fn pattern(length: usize) -> Vec<u8> {
    static NUMBER: AtomicU8 = AtomicU8::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let bytes = (0_u8..=250).cycle().map(|byte| byte.wrapping_add(number));
    bytes.take(length).collect()
}

/// Sends a command that must succeed, but for unit attentions. Returns the data received.
pub(super) fn good(host: &mut impl Host, cdb: &[u8], length: usize, out: &[u8]) -> Result<Vec<u8>> {
    for _ in 0..8 {
        let ended = host.command(cdb, length, out)?;
        match ended.key() {
            None => return Ok(ended.data),
            Some([6, ..]) => {}
            Some(key) => bail!("sense {key:02x?} of {cdb:02x?}"),
        }
    }
    bail!("only unit attentions for {cdb:02x?}")
}

/// Checks that the device works: it identifies itself, and keeps data.
pub(super) fn works(host: &mut impl Host) -> Result<()> {
    let inquiry = good(host, &inquiry(36), 36, &[])?;
    ensure!(inquiry.get(8..15) == Some(b"LIO-ORG"), "{inquiry:02x?}");
    let data = pattern(4 * BLOCK);
    good(host, &write(4), 0, &data)?;
    let found = good(host, &read(4), 4 * BLOCK, &[])?;
    ensure!(found == data, "other data than were written");
    Ok(())
}
