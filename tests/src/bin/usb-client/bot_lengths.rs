// SPDX-License-Identifier: GPL-2.0-only

//! The thirteen cases of lengths and directions, section 6.7 of the specification: those that the host
//! expects (Hn, Hi, Ho), and those that the device intends (Dn, Di, Do).

use anyhow::{Result, bail, ensure};

use super::Case;
use super::bot::{Bot, FAILED, PASSED, PHASE_ERROR, Phases, Wrapper};
use super::scsi::{BLOCK, TEST_UNIT_READY, good, pattern, read, write};

/// A wrapper for `blocks`, with a command.
fn wrapper(is_in: bool, blocks: usize, cdb: &[u8]) -> Wrapper {
    Wrapper {
        length: u32::try_from(blocks * BLOCK).unwrap_or(u32::MAX),
        is_in,
        lun: 0,
        cdb: cdb.to_vec(),
    }
}

/// Sends a command, for which the host expects to transfer `blocks`.
fn expects(bot: &mut Bot, is_in: bool, blocks: usize, cdb: &[u8]) -> Result<Phases> {
    let wrapper = wrapper(is_in, blocks, cdb);
    let out = if is_in {
        Vec::new()
    } else {
        pattern(blocks * BLOCK)
    };
    let phases = bot.phases(&wrapper, &out)?;
    // The device sends or accepts all bytes that the host expects, or ends the data by a STALL.
    let all = wrapper.length as usize;
    ensure!(
        phases.moved == all || phases.is_stalled && phases.moved < all,
        "{} bytes of {all} without a STALL: {:?}",
        phases.moved,
        phases.status
    );
    Ok(phases)
}

/// The host expects to transfer `blocks`, of which the device processes `relevant`; none if it refuses
/// the command, as target core refuses writes of another length.
fn fits(bot: &mut Bot, is_in: bool, blocks: usize, cdb: &[u8], relevant: usize) -> Result<Phases> {
    let phases = expects(bot, is_in, blocks, cdb)?;
    let relevant = match phases.status.status {
        PASSED => relevant,
        FAILED if blocks > relevant => 0,
        status => bail!("status {status}"),
    };
    let residue = u32::try_from((blocks - relevant) * BLOCK)?;
    let found = phases.status.residue;
    ensure!(found == residue, "residue {found}, not {residue}");
    Ok(phases)
}

/// The host expects less than the device intends, or the other direction: a phase error.
fn disagrees(bot: &mut Bot, is_in: bool, blocks: usize, cdb: &[u8]) -> Result<()> {
    let phases = expects(bot, is_in, blocks, cdb)?;
    ensure!(phases.status.status == PHASE_ERROR, "{:?}", phases.status);
    // The host must recover after a phase error.
    bot.reset_recovery()
}

pub(super) const CASES: [Case<Bot>; 14] = [
    ("case 1, Hn = Dn", |bot| {
        fits(bot, false, 0, &TEST_UNIT_READY, 0).map(drop)
    }),
    ("case 2, Hn < Di", |bot| disagrees(bot, false, 0, &read(1))),
    ("case 3, Hn < Do", |bot| disagrees(bot, false, 0, &write(1))),
    ("case 4, Hi > Dn", |bot| {
        fits(bot, true, 2, &TEST_UNIT_READY, 0).map(drop)
    }),
    ("case 5, Hi > Di", |bot| {
        let data = pattern(BLOCK);
        good(bot, &write(1), 0, &data)?;
        let phases = fits(bot, true, 3, &read(1), 1)?;
        ensure!(phases.data.get(..BLOCK) == Some(&data), "other data");
        Ok(())
    }),
    ("case 6, Hi = Di", |bot| {
        let data = pattern(3 * BLOCK);
        good(bot, &write(3), 0, &data)?;
        let phases = fits(bot, true, 3, &read(3), 3)?;
        ensure!(phases.data == data, "other data");
        Ok(())
    }),
    ("case 7, Hi < Di", |bot| disagrees(bot, true, 1, &read(3))),
    ("case 8, Hi <> Do", |bot| disagrees(bot, true, 1, &write(1))),
    ("case 9, Ho > Dn", |bot| {
        fits(bot, false, 2, &TEST_UNIT_READY, 0).map(drop)
    }),
    ("case 10, Ho <> Di", |bot| {
        disagrees(bot, false, 1, &read(1))
    }),
    ("case 11, Ho > Do", |bot| {
        fits(bot, false, 3, &write(1), 1).map(drop)
    }),
    ("case 12, Ho = Do", |bot| {
        fits(bot, false, 3, &write(3), 3).map(drop)
    }),
    ("case 13, Ho < Do", |bot| {
        disagrees(bot, false, 1, &write(3))
    }),
    ("a wrapper for 4 GiB", |bot| {
        let mut wrapper = wrapper(false, 0, &write(1));
        (wrapper.length, wrapper.is_in) = (u32::MAX, true);
        // No host could take the data; the reset ends the command.
        bot.wrap(&wrapper)?;
        bot.reset_recovery()
    }),
];
