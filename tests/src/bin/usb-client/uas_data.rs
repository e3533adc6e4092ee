// SPDX-License-Identifier: GPL-2.0-only

//! Data that disagree with the command or are never moved, task management and resets in every state,
//! and more commands than the device has tags.

use anyhow::{Result, ensure};

use super::Case;
use super::device::{End, Product, QUIET, SOON, halt};
use super::scsi::{BLOCK, inquiry, pattern, read, works, write};
use super::uas::{Uas, Unit, code, command, function};

/// A point of a command at which it is disturbed.
#[derive(Clone, Copy)]
enum Point {
    Sent,
    Ready,
    SomeData,
    AllData,
}

/// Sends a read or a write of four blocks up to a point. Returns its tag.
fn up_to(uas: &mut Uas, is_read: bool, point: Point) -> Result<u16> {
    let tag = uas.next_tag();
    let cdb = if is_read { read(4) } else { write(4) };
    uas.send(&command(tag, 0, &cdb))?;
    if matches!(point, Point::Sent) {
        return Ok(tag);
    }
    let unit = uas.answer(tag)?;
    let ready = if is_read {
        Unit::ReadReady
    } else {
        Unit::WriteReady
    };
    ensure!(unit == ready, "{unit:?}");
    let length = match point {
        Point::Sent | Point::Ready => return Ok(tag),
        Point::SomeData => BLOCK,
        Point::AllData => 4 * BLOCK,
    };
    if is_read {
        uas.inward.receive(length, SOON)?;
    } else {
        uas.out.send(&pattern(length), SOON)?;
    }
    Ok(tag)
}

/// Runs `end` with the tag of a command at each of its points. The device must then work.
fn at_each_point(uas: &mut Uas, end: fn(&mut Uas, u16) -> Result<()>) -> Result<()> {
    for is_read in [true, false] {
        for point in [Point::Sent, Point::Ready, Point::SomeData, Point::AllData] {
            let tag = up_to(uas, is_read, point)?;
            end(uas, tag)?;
            works(uas)?;
        }
    }
    Ok(())
}

/// Ends a task by a function. Units of the task may come before the response, but none later.
fn ends_task(uas: &mut Uas, function: u8, task: u16) -> Result<()> {
    let tag = uas.next_tag();
    uas.send(&super::uas::management(tag, 0, function, task))?;
    for _ in 0..3 {
        let (found, unit) = uas.next()?;
        if found == tag {
            let wanted = Unit::Response {
                code: code::COMPLETE,
            };
            ensure!(unit == wanted, "{unit:?}");
            return Ok(());
        }
        ensure!(found == task, "tag {found}: {unit:?}");
    }
    anyhow::bail!("no response")
}

/// Sends a write of four blocks with `length` bytes. Returns the last unit.
fn written(uas: &mut Uas, length: usize) -> Result<Unit> {
    let tag = up_to(uas, false, Point::Ready)?;
    uas.out.send(&pattern(length), QUIET)?;
    uas.answer(tag)
}

pub(super) const CASES: [Case<Uas>; 8] = [
    ("data that end too soon", |uas| {
        for length in [0, 1, BLOCK - 1, 3 * BLOCK + 100] {
            let unit = written(uas, length)?;
            ensure!(unit.key().is_some(), "{length} bytes: {unit:?}");
            works(uas)?;
        }
        Ok(())
    }),
    ("more data than the command has", |uas| {
        // The device takes those of the command; the host cancels the others.
        let unit = written(uas, 8 * BLOCK)?;
        ensure!(matches!(unit, Unit::Sense { .. }), "{unit:?}");
        works(uas)
    }),
    ("tasks aborted at each point", |uas| {
        at_each_point(uas, |uas, tag| ends_task(uas, function::ABORT_TASK, tag))
    }),
    ("resets of the LUN at each point", |uas| {
        at_each_point(uas, |uas, _| uas_reset(uas))
    }),
    ("alternate settings at each point", |uas| {
        at_each_point(uas, |uas, _| uas.select_by_way_of(1))?;
        at_each_point(uas, |uas, _| uas.select_by_way_of(0))
    }),
    ("resets of the port at each point", |uas| {
        at_each_point(uas, |uas, _| uas.again(|_| Ok(())))?;
        at_each_point(uas, |uas, _| uas.again(Product::reset))
    }),
    ("halts at each point", |uas| {
        at_each_point(uas, |uas, tag| {
            for address in [uas.command.address(), uas.status.address()] {
                halt(&uas.interface, address)?;
            }
            for address in [uas.inward.address(), uas.out.address()] {
                halt(&uas.interface, address)?;
            }
            uas.command.clear_halt()?;
            uas.status.clear_halt()?;
            uas.inward.clear_halt()?;
            uas.out.clear_halt()?;
            ends_task(uas, function::ABORT_TASK, tag)
        })
    }),
    ("more commands than tags", many),
];

/// Resets the LUN. The units of the aborted command are ignored.
fn uas_reset(uas: &mut Uas) -> Result<()> {
    let tag = uas.tag();
    ends_task(uas, function::LUN_RESET, tag)
}

/// Number of commands that are sent at once.
const MANY: u16 = 100;

/// Sends many commands at once. Each is answered; those for which there is no tag may be refused.
fn many(uas: &mut Uas) -> Result<()> {
    for tag in 1..=MANY {
        uas.command.start(&command(tag, 0, &inquiry(36)));
    }
    let mut ended = vec![false; usize::from(MANY) + 1];
    while ended.iter().filter(|ended| **ended).count() < usize::from(MANY) {
        let (tag, unit) = uas.next()?;
        match unit {
            Unit::ReadReady => {
                let received = uas.inward.receive(36, SOON)?;
                ensure!(received.end == End::Complete, "tag {tag}: {received:?}");
            }
            Unit::Sense { .. } => {
                let first = ended.get_mut(usize::from(tag)).filter(|ended| !**ended);
                *first.ok_or_else(|| anyhow::anyhow!("tag {tag}: {unit:?}"))? = true;
            }
            _ => anyhow::bail!("tag {tag}: {unit:?}"),
        }
    }
    while uas.command.started() > 0 {
        let end = uas.command.finish(QUIET)?;
        ensure!(end == End::Complete, "a command was not taken: {end:?}");
    }
    Ok(())
}
