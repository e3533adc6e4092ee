// SPDX-License-Identifier: GPL-2.0-only

//! Information units that are not valid, tags used twice, LUNs that do not exist, and task management.

use anyhow::{Result, ensure};

use super::Case;
use super::device::QUIET;
use super::scsi::{INVALID_OPCODE, NO_LUN, TEST_UNIT_READY, good, inquiry, read};
use super::uas::{Uas, Unit, code, command, function, management};

/// Sends a unit that is not valid. Its response says so.
fn is_invalid(uas: &mut Uas, tag: u16, unit: &[u8]) -> Result<()> {
    uas.send(unit)?;
    let unit = uas.answer(tag)?;
    let wanted = Unit::Response {
        code: code::INVALID_UNIT,
    };
    ensure!(unit == wanted, "{unit:?}");
    Ok(())
}

/// Sends a task management function, whose response must have one of the codes.
fn manages(uas: &mut Uas, lun: u8, function: u8, task: u16, codes: &[u8]) -> Result<()> {
    let code = uas.manage(lun, function, task)?;
    ensure!(
        codes.contains(&code),
        "response {code} to function {function:#x}"
    );
    Ok(())
}

/// Sends a command to a LUN, with these bytes as its first ones.
fn has_no_lun(uas: &mut Uas, address: &[u8]) -> Result<()> {
    let tag = uas.next_tag();
    let mut unit = command(tag, 0, &TEST_UNIT_READY);
    unit[8..8 + address.len()].copy_from_slice(address);
    uas.send(&unit)?;
    let unit = uas.answer(tag)?;
    let refused = Unit::Response {
        code: code::INCORRECT_LUN,
    };
    ensure!(unit.key() == Some(NO_LUN) || unit == refused, "{unit:?}");
    Ok(())
}

pub(super) const CASES: [Case<Uas>; 15] = [
    ("identifiers that do not exist", |uas| {
        for id in [0, 2, 3, 4, 6, 7, 0x80, 0xff] {
            let tag = uas.next_tag();
            let mut unit = command(tag, 0, &TEST_UNIT_READY);
            unit[0] = id;
            is_invalid(uas, tag, &unit)?;
        }
        Ok(())
    }),
    ("units without a tag", |uas| {
        for length in 0..4 {
            let unit = command(9, 0, &TEST_UNIT_READY);
            uas.send(&unit[..length])?;
            // There is no tag to answer to; an answer is no fault.
            uas.status.receive(512, QUIET)?;
        }
        Ok(())
    }),
    ("short units", |uas| {
        for length in [4, 8, 16, 31] {
            let tag = uas.next_tag();
            let unit = command(tag, 0, &TEST_UNIT_READY);
            is_invalid(uas, tag, &unit[..length])?;
        }
        for length in [5, 8, 15] {
            let tag = uas.next_tag();
            let unit = management(tag, 0, function::LUN_RESET, 0);
            is_invalid(uas, tag, &unit[..length])?;
        }
        Ok(())
    }),
    ("more of a command than the unit has", |uas| {
        for length in [4, 32, 252] {
            let tag = uas.next_tag();
            let mut unit = command(tag, 0, &TEST_UNIT_READY);
            unit[6] = length;
            is_invalid(uas, tag, &unit)?;
        }
        Ok(())
    }),
    ("long commands that do not exist", |uas| {
        for length in [16_u8, 32, 64, 100, 252] {
            let mut cdb = vec![0x7f, 0, 0, 0, 0, 0, 0, length - 8];
            cdb.resize(usize::from(length), 0x55);
            let tag = uas.next_tag();
            uas.send(&command(tag, 0, &cdb))?;
            let (_, unit) = uas.finish(tag, 512, &[])?;
            ensure!(
                unit.key().is_some_and(|key| key[0] == 5),
                "{length}: {unit:?}"
            );
        }
        Ok(())
    }),
    ("an operation code that does not exist", |uas| {
        let tag = uas.next_tag();
        uas.send(&command(tag, 0, &[0xc5; 16]))?;
        let unit = uas.answer(tag)?;
        ensure!(unit.key() == Some(INVALID_OPCODE), "{unit:?}");
        Ok(())
    }),
    ("LUNs that do not exist", |uas| {
        for address in [
            &[0, 1][..],
            &[0, 255],
            &[0x40, 1],
            &[0x3f, 0xff],
            &[0xc1, 1],
            &[0xff; 8],
            &[0, 0, 0, 1],
        ] {
            has_no_lun(uas, address)?;
        }
        Ok(())
    }),
    ("tags of zero and of all ones", |uas| {
        for tag in [0, 0xffff] {
            uas.send(&command(tag, 0, &inquiry(36)))?;
            let (data, _) = uas.finish(tag, 36, &[])?;
            ensure!(data.len() == 36, "tag {tag}: {data:02x?}");
        }
        Ok(())
    }),
    ("a tag used twice in turn", |uas| {
        for _ in 0..3 {
            uas.send(&command(5, 0, &read(1)))?;
            let (data, unit) = uas.finish(5, 512, &[])?;
            ensure!(data.len() == 512, "{unit:?}");
        }
        Ok(())
    }),
    ("a tag used twice at once", |uas| {
        uas.send(&command(5, 0, &read(1)))?;
        uas.send(&command(5, 0, &read(1)))?;
        let mut seen = Vec::new();
        // The first command may have its data asked for before it is aborted.
        for _ in 0..3 {
            let (tag, unit) = uas.next()?;
            ensure!(tag == 5, "tag {tag}: {unit:?}");
            let is_overlapped = unit.key().is_some_and(|key| key[1] == 0x4e)
                || unit
                    == Unit::Response {
                        code: code::OVERLAPPED_TAG,
                    };
            if is_overlapped {
                return Ok(());
            }
            seen.push(unit);
        }
        anyhow::bail!("no overlapped tag: {seen:?}")
    }),
    ("functions for no task", |uas| {
        for function in [function::ABORT_TASK, function::LUN_RESET] {
            manages(uas, 0, function, 99, &[code::COMPLETE])?;
        }
        // The answers of other commands are right afterwards.
        good(uas, &inquiry(36), 36, &[]).map(drop)
    }),
    ("functions that name themselves", |uas| {
        for function in [function::ABORT_TASK, function::QUERY_TASK] {
            let own = uas.tag() + 1;
            manages(uas, 0, function, own, &[code::COMPLETE])?;
        }
        Ok(())
    }),
    ("functions that target core does not have", |uas| {
        let codes = [code::COMPLETE, code::NOT_SUPPORTED, code::FAILED];
        manages(uas, 0, function::ABORT_TASK_SET, 0, &codes)?;
        manages(uas, 0, function::CLEAR_TASK_SET, 0, &codes)?;
        manages(uas, 0, function::QUERY_TASK, 99, &codes)?;
        manages(uas, 0, function::QUERY_TASK_SET, 0, &codes)?;
        manages(
            uas,
            0,
            0x10,
            0,
            &[codes.as_slice(), &[code::SUCCEEDED]].concat(),
        )
    }),
    ("functions that do not exist", |uas| {
        for function in [0, 3, 0x20, 0xff] {
            manages(uas, 0, function, 99, &[code::NOT_SUPPORTED])?;
        }
        Ok(())
    }),
    ("functions for a LUN that does not exist", |uas| {
        manages(uas, 7, function::LUN_RESET, 0, &[code::INCORRECT_LUN])
    }),
];
