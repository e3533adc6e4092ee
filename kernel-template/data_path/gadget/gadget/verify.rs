// SPDX-License-Identifier: GPL-2.0-only

//! VERIFY with data to compare, SBC-4 section 5.33. Target core ignores the data, so the command is
//! executed as a read, and the data of both are compared here.

#![forbid(unsafe_code)]

use crate::{target::Completed, Fabric};

/// Returns the read in place of a VERIFY (10), (12) or (16) whose data are to be compared byte by
/// byte, with padding.
pub(super) fn read_of(cdb: &[u8]) -> Option<[u8; 16]> {
    let operation = match cdb.first()? {
        0x2f => 0x28,
        0xaf => 0xa8,
        0x8f => 0x88,
        _ => return None,
    };
    // BYTCHK is 01b.
    if cdb.get(1)? & 0x06 != 0x02 {
        return None;
    }
    let mut read = [0; 16];
    for (place, byte) in read.iter_mut().zip(cdb) {
        *place = *byte;
    }
    read[0] = operation;
    // Protection and DPO are where a read has them.
    read[1] &= 0xf0;
    Some(read)
}

/// Returns true if the payload of a read has other bytes at `offset`.
pub(super) fn differs(read: &Completed<Fabric>, offset: u32, bytes: &[u8]) -> bool {
    let payload = read.payload();
    let mut own = [0; 128];
    let mut offset = offset;
    for part in bytes.chunks(own.len()) {
        let own = &mut own[..part.len()];
        if payload.read(offset, own).is_err() || own != part {
            return true;
        }
        offset = offset.saturating_add(part.len() as u32);
    }
    false
}
