// SPDX-License-Identifier: GPL-2.0-only

//! The direction of a command's data, by its operation code: a table of SPC and SBC.
//!
//! UAS announces neither direction nor length. BOT does; the table then shows a host that is wrong.
//! Commands that are not in the table are for target core to refuse.

#![forbid(unsafe_code)]

use crate::target::Direction;

/// Returns the direction of the data of a command, or `None` for an operation code that is not in
/// the table.
pub(super) fn of(cdb: &[u8]) -> Option<Direction> {
    let operation = *cdb.first()?;
    // READ and WRITE come first: most commands are.
    Some(match operation {
        // READ (10), (16), (12), (6).
        0x28 | 0x88 | 0xa8 | 0x08 => Direction::IN,
        // WRITE (10), (16), (12), (6).
        0x2a | 0x8a | 0xaa | 0x0a => Direction::OUT,
        // TEST UNIT READY, REZERO UNIT, SEEK, RESERVE (6), RELEASE (6), START STOP UNIT, PREVENT
        // ALLOW MEDIUM REMOVAL, PRE-FETCH, SYNCHRONIZE CACHE.
        0x00 | 0x01 | 0x0b | 0x16 | 0x17 | 0x1b | 0x1e | 0x2b | 0x34 | 0x35 | 0x90 | 0x91 => {
            Direction::NONE
        }
        // VERIFY (10), (12), (16): data if BYTCHK is not 0.
        0x2f | 0xaf | 0x8f => match cdb.get(1).map_or(0, |flags| flags & 0x06) {
            0 => Direction::NONE,
            _ => Direction::OUT,
        },
        // REQUEST SENSE, INQUIRY, MODE SENSE, RECEIVE DIAGNOSTIC RESULTS, READ FORMAT CAPACITIES,
        // READ CAPACITY (10), READ DEFECT DATA, READ BUFFER, READ TOC, LOG SENSE.
        0x03 | 0x12 | 0x1a | 0x1c | 0x23 | 0x25 | 0x37 | 0x3c | 0x43 | 0x4d | 0x5a => Direction::IN,
        // PERSISTENT RESERVE IN, RECEIVE COPY RESULTS, ACCESS CONTROL IN, SERVICE ACTION IN (16),
        // REPORT LUNS, SECURITY PROTOCOL IN, MAINTENANCE IN, READ DEFECT DATA (12), READ BUFFER
        // (16), READ ATTRIBUTE.
        0x5e | 0x84 | 0x86 | 0x8c | 0x9b | 0x9e | 0xa0 | 0xa2 | 0xa3 | 0xb7 => Direction::IN,
        // ATA PASS-THROUGH has its direction in a flag; without data, its protocol is 3 or 15.
        0x85 | 0xa1 => match (cdb.get(1).map_or(0, |flags| flags >> 1 & 0xf), cdb.get(2)) {
            (3 | 15, _) => Direction::NONE,
            (_, Some(flags)) if flags & 0x08 == 0 => Direction::OUT,
            _ => Direction::IN,
        },
        // FORMAT UNIT, REASSIGN BLOCKS, MODE SELECT, SEND DIAGNOSTIC, WRITE AND VERIFY, WRITE
        // BUFFER, WRITE LONG, WRITE SAME, UNMAP, LOG SELECT, XPWRITE.
        0x04 | 0x07 | 0x15 | 0x1d | 0x2e | 0x3b | 0x3f | 0x41 | 0x42 | 0x4c | 0x51 | 0x55 => {
            Direction::OUT
        }
        // PERSISTENT RESERVE OUT, EXTENDED COPY, ACCESS CONTROL OUT, COMPARE AND WRITE, WRITE
        // ATTRIBUTE, WRITE AND VERIFY (16), (12), WRITE ATOMIC (16), SECURITY PROTOCOL OUT,
        // MAINTENANCE OUT.
        0x5f | 0x83 | 0x87 | 0x89 | 0x8d | 0x8e | 0xae | 0x9c | 0xb5 | 0xa4 => Direction::OUT,
        // WRITE SAME (16): data unless NDOB is set.
        0x93 => match cdb.get(1).map_or(0, |flags| flags & 0x01) {
            0 => Direction::OUT,
            _ => Direction::NONE,
        },
        // Variable length: READ (32), WRITE (32), VERIFY (32), WRITE AND VERIFY (32), WRITE SAME
        // (32), by service action.
        0x7f => match (cdb.get(8), cdb.get(9)) {
            (Some(0x00), Some(0x09)) => Direction::IN,
            (Some(0x00), Some(0x0a)) => return verify(cdb),
            (Some(0x00), Some(0x0b..=0x0e)) => Direction::OUT,
            _ => return None,
        },
        _ => return None,
    })
}

/// Returns the direction of VERIFY (32).
fn verify(cdb: &[u8]) -> Option<Direction> {
    match cdb.get(10)? & 0x06 {
        0 => Some(Direction::NONE),
        _ => Some(Direction::OUT),
    }
}
