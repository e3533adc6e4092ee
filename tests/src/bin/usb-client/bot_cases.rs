// SPDX-License-Identifier: GPL-2.0-only

//! Wrappers that are not valid or not meaningful, section 6.2, resets in every state, and requests to
//! the control endpoint.

use anyhow::{Result, ensure};
use nusb::transfer::TransferError;

use super::bot::{Bot, CBW, FAILED, GET_MAX_LUN, PASSED, RESET, Wrapper, status};
use super::device::{End, Product, QUIET, SOON, class_in, class_out, halt};
use super::scsi::{BLOCK, INVALID_OPCODE, NO_LUN, TEST_UNIT_READY, inquiry, pattern, read, write};
use super::{Case, Host};

/// A wrapper of a read of four blocks.
fn reading() -> Wrapper {
    Wrapper {
        length: 4 * 512,
        is_in: true,
        lun: 0,
        cdb: read(4).to_vec(),
    }
}

/// A wrapper of a write of four blocks.
fn writing() -> Wrapper {
    Wrapper {
        is_in: false,
        cdb: write(4).to_vec(),
        ..reading()
    }
}

/// Sends bytes that are no valid wrapper. The device halts its IN endpoint, and halts it again until
/// the host resets it, section 6.6.1.
fn is_invalid(bot: &mut Bot, bytes: &[u8]) -> Result<()> {
    let (_, end) = bot.out.send(bytes, SOON)?;
    ensure!(
        [End::Complete, End::Stalled].contains(&end),
        "sending: {end:?}"
    );
    stays_halted(bot)
}

/// Checks that the device halts its IN endpoint until a reset recovery.
fn stays_halted(bot: &mut Bot) -> Result<()> {
    for turn in ["at first", "after its halt was cleared"] {
        let received = bot.inward.receive(CBW, SOON)?;
        ensure!(received.end == End::Stalled, "{turn}: {received:02x?}");
        bot.inward.clear_halt()?;
    }
    bot.reset_recovery()
}

/// Sends a wrapper that is not meaningful. The specification leaves the answer to the device, which
/// must give one, and work after a reset recovery.
fn is_answered(bot: &mut Bot, bytes: &[u8]) -> Result<()> {
    bot.out.send(bytes, SOON)?;
    let received = bot.inward.receive(CBW, SOON)?;
    ensure!(received.end != End::Late, "no answer");
    bot.reset_recovery()
}

/// Wraps a command to a LUN that does not exist.
fn no_lun(bot: &mut Bot, lun: u8) -> Result<()> {
    let mut wrapper = Wrapper {
        length: 0,
        is_in: false,
        lun,
        cdb: TEST_UNIT_READY.to_vec(),
    };
    let phases = bot.phases(&wrapper, &[])?;
    ensure!(phases.status.status == FAILED, "{phases:?}");
    (wrapper.length, wrapper.is_in, wrapper.cdb) = (18, true, vec![3, 0, 0, 0, 18, 0]);
    let phases = bot.phases(&wrapper, &[])?;
    let key = [phases.data[2] & 0xf, phases.data[12], phases.data[13]];
    ensure!(key == NO_LUN, "sense {key:02x?}");
    (wrapper.length, wrapper.cdb) = (36, inquiry(36).to_vec());
    let phases = bot.phases(&wrapper, &[])?;
    let is_none = phases.data.first().is_some_and(|byte| byte >> 5 == 3);
    ensure!(
        is_none || phases.status.status == FAILED,
        "INQUIRY: {phases:02x?}"
    );
    Ok(())
}

/// A point of a command at which the host resets the device.
#[derive(Clone, Copy)]
enum Point {
    Wrapped,
    SomeData,
    AllData,
}

/// Sends a command up to a point. Returns its tag.
fn up_to(bot: &mut Bot, wrapper: &Wrapper, point: Point) -> Result<u32> {
    let tag = bot.wrap(wrapper)?;
    let length = match point {
        Point::Wrapped => return Ok(tag),
        Point::SomeData => BLOCK,
        Point::AllData => wrapper.length as usize,
    };
    if wrapper.is_in {
        bot.inward.receive(length, SOON)?;
    } else {
        bot.out.send(&pattern(length), SOON)?;
    }
    Ok(tag)
}

/// Runs `end` at each point of a read and a write. The device must then work.
fn at_each_point(bot: &mut Bot, end: fn(&mut Bot) -> Result<()>) -> Result<()> {
    for wrapper in [reading(), writing()] {
        for point in [Point::Wrapped, Point::SomeData, Point::AllData] {
            up_to(bot, &wrapper, point)?;
            end(bot)?;
            super::scsi::works(bot)?;
        }
    }
    Ok(())
}

/// The class request must be refused by a STALL, and the endpoints go on.
fn is_refused(result: Result<(), TransferError>) -> Result<()> {
    ensure!(result == Err(TransferError::Stall), "{result:?}");
    Ok(())
}

pub(super) const CASES: [Case<Bot>; 16] = [
    ("wrappers of wrong lengths", |bot| {
        let tag = bot.next_tag();
        let bytes = reading().bytes(tag);
        for length in [1, 12, 30] {
            is_invalid(bot, &bytes[..length])?;
        }
        let mut long = bytes;
        long.resize(64, 0);
        for length in [32, 64] {
            is_invalid(bot, &long[..length])?;
        }
        Ok(())
    }),
    ("an empty packet for a wrapper", |bot| is_invalid(bot, &[])),
    ("a whole packet for a wrapper", |bot| {
        let tag = bot.next_tag();
        let mut bytes = reading().bytes(tag);
        bytes.resize(512, 0);
        is_invalid(bot, &bytes)
    }),
    ("a wrapper torn in two", |bot| {
        let tag = bot.next_tag();
        let bytes = reading().bytes(tag);
        bot.out.send(&bytes[..15], SOON)?;
        // The device may have halted the endpoint meanwhile.
        bot.out.send(&bytes[15..], QUIET)?;
        stays_halted(bot)
    }),
    ("another signature", |bot| {
        for index in 0..4 {
            let tag = bot.next_tag();
            let mut bytes = reading().bytes(tag);
            bytes[index] ^= 0x20;
            is_invalid(bot, &bytes)?;
        }
        Ok(())
    }),
    ("wrong lengths of a command", |bot| {
        for length in [0, 17, 31, 0xff] {
            let tag = bot.next_tag();
            let mut bytes = reading().bytes(tag);
            bytes[14] = length;
            is_answered(bot, &bytes)?;
        }
        Ok(())
    }),
    ("reserved bits that are set", |bot| {
        for index in [12, 13, 14] {
            let tag = bot.next_tag();
            let mut bytes = reading().bytes(tag);
            bytes[index] |= if index == 12 { 0x7f } else { 0xe0 };
            is_answered(bot, &bytes)?;
        }
        Ok(())
    }),
    ("LUNs that do not exist", |bot| {
        [1, 7, 15].iter().try_for_each(|lun| no_lun(bot, *lun))
    }),
    ("an operation code that does not exist", |bot| {
        let mut cdb = vec![0xc5];
        cdb.resize(16, 0);
        for (length, out) in [(0, 0), (BLOCK, 0), (0, BLOCK)] {
            let ended = bot.command(&cdb, length, &pattern(out))?;
            ensure!(ended.key() == Some(INVALID_OPCODE), "{:02x?}", ended.sense);
        }
        Ok(())
    }),
    ("a tag used twice", |bot| {
        let wrapper = reading();
        for _ in 0..2 {
            bot.out.send(&wrapper.bytes(7), SOON)?;
            bot.inward.receive(4 * BLOCK, SOON)?;
            let received = bot.inward.receive(13, SOON)?;
            ensure!(status(&received, 7)?.status == PASSED, "{received:?}");
        }
        Ok(())
    }),
    ("a second wrapper before the status", |bot| {
        bot.wrap(&reading())?;
        let tag = bot.next_tag();
        bot.out.send(&reading().bytes(tag), QUIET)?;
        bot.reset_recovery()
    }),
    ("more data than the wrapper has", |bot| {
        bot.wrap(&writing())?;
        bot.out.send(&pattern(8 * BLOCK), QUIET)?;
        bot.reset_recovery()
    }),
    ("data that end too soon", |bot| {
        for length in [0, 1, BLOCK - 1, 2 * BLOCK + 100] {
            let tag = bot.wrap(&writing())?;
            bot.out.send(&pattern(length), SOON)?;
            // The device may still wait for the others.
            let received = bot.inward.receive(13, QUIET)?;
            let passed = status(&received, tag).is_ok_and(|status| status.status == PASSED);
            ensure!(
                !passed || status(&received, tag)?.residue > 0,
                "passed without data"
            );
            bot.reset_recovery()?;
            super::scsi::works(bot)?;
        }
        Ok(())
    }),
    ("resets at each point of a command", |bot| {
        at_each_point(bot, Bot::reset_recovery)?;
        at_each_point(bot, |bot| bot.again(|_| Ok(())))?;
        at_each_point(bot, |bot| bot.again(Product::reset))
    }),
    ("halts at each point of a command", |bot| {
        at_each_point(bot, |bot| {
            halt(&bot.interface, bot.inward.address())?;
            halt(&bot.interface, bot.out.address())?;
            bot.reset_recovery()
        })?;
        // Halts that are cleared for no reason lose nothing.
        bot.inward.clear_halt()?;
        bot.out.clear_halt()
    }),
    ("class requests with wrong fields", |bot| {
        let luns = class_in(&bot.interface, GET_MAX_LUN, 0, 1)?;
        ensure!(luns == [0], "{luns:?} is the highest LUN");
        let wrong = class_in(&bot.interface, GET_MAX_LUN, 1, 1).map(drop);
        is_refused(wrong)?;
        is_refused(class_in(&bot.interface, RESET, 0, 1).map(drop))?;
        is_refused(class_in(&bot.interface, 0x42, 0, 8).map(drop))?;
        is_refused(class_out(&bot.interface, 0x42, 0))?;
        is_refused(class_out(&bot.interface, RESET, 1))
    }),
];
