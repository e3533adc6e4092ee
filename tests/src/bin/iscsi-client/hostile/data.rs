// SPDX-License-Identifier: GPL-2.0-only

//! Data of writes: unexpected, out of order, too much, too little, or never sent.

use anyhow::Result;
use xtask::initiator::{Connection, NO_TAG, Pdu, reply};

use super::super::{Case, Target, answered, asked, manage, set, write};
use super::{fatal, harmless, is_aborted};

/// Additional sense code and qualifier for unexpected unsolicited data, and for an incorrect amount
/// of data (RFC 7143, section 11.4.7.2).
const UNEXPECTED: [u8; 2] = [0x0c, 0x0c];
const AMOUNT: [u8; 2] = [0x0c, 0x0d];

/// Sends invalid data for an R2T: the write fails, and the session continues.
fn wrong_data(target: &Target, additional: [u8; 2], spoil: fn(&mut Pdu)) -> Result<()> {
    let mut connection = target.session("")?;
    let r2t = asked(&mut connection)?;
    let data = connection.data_out(r2t.field(16), r2t.field(20), 0, r2t.field(40));
    let mut data = data.with(&[0x5a; 4096]);
    spoil(&mut data);
    connection.send(&data)?;
    let response = answered(&mut connection, reply::RESPONSE)?;
    is_aborted(&response, additional)?;
    connection.inquire()?;
    connection.log_out()
}

pub(super) const CASES: [Case; 12] = [
    ("more data than the command has", |target| {
        fatal(target, |it| write(it, 1).with(&[0; 4096]))
    }),
    ("data with a read", |target| {
        fatal(target, |it| {
            it.command(0xc0, 512, &[0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0])
                .with(&[0; 512])
        })
    }),
    ("data without an R2T", |target| {
        let pdu = |it: &mut Connection| it.data_out(77, NO_TAG, 0, 0).with(&[0; 512]);
        harmless(target, pdu, &[])
    }),
    ("data after a gap", |target| {
        wrong_data(target, UNEXPECTED, |data| set(data, 40, 4096))
    }),
    ("data at an offset that wraps", |target| {
        wrong_data(target, UNEXPECTED, |data| set(data, 40, 0xffff_fe00))
    }),
    ("data with the wrong DataSN", |target| {
        wrong_data(target, UNEXPECTED, |data| set(data, 36, 1))
    }),
    ("data for another R2T", |target| {
        wrong_data(target, UNEXPECTED, |data| {
            let tag = data.field(20);
            set(data, 20, tag ^ 1);
        })
    }),
    ("too few data", |target| wrong_data(target, AMOUNT, |_| {})),
    ("no data at all", |target| {
        wrong_data(target, AMOUNT, |data| {
            data.data.clear();
            set(data, 4, 0);
        })
    }),
    ("a connection closed during an R2T", |target| {
        for part in [0, 20, 48, 1000] {
            let mut connection = target.session("")?;
            let r2t = asked(&mut connection)?;
            let data = connection.data_out(r2t.field(16), r2t.field(20), 0, 0);
            connection.send_bytes(&data.with(&[0; 4096]).bytes()[..part])?;
        }
        target.visit()
    }),
    (
        "ABORT TASK and LUN RESET while writes wait for data",
        |target| {
            let mut connection = target.session("")?;
            let r2t = asked(&mut connection)?;
            asked(&mut connection)?;
            manage(&mut connection, 1, r2t.field(16))?;
            manage(&mut connection, 5, NO_TAG)?;
            connection.inquire()?;
            connection.log_out()
        },
    ),
    (
        "a connection closed while COMPARE AND WRITE waits",
        |target| {
            let mut connection = target.session("")?;
            let cdb = [0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0];
            let command = connection.command(0xa0, 1024, &cdb);
            connection.send(&command)?;
            answered(&mut connection, reply::R2T)?;
            drop(connection);
            target.visit()
        },
    ),
];
