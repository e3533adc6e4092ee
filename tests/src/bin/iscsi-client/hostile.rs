// SPDX-License-Identifier: GPL-2.0-only

//! Invalid PDUs and texts. The target must refuse them without harm to itself or other sessions.

mod data;
mod digests;
mod login;
mod pdus;
mod texts;

use anyhow::{Result, ensure};
use xtask::initiator::{Connection, Pdu};

use super::{Case, Target, all, answered, ended};

/// Runs all cases.
pub(super) fn hostile(target: &Target) -> Result<()> {
    let cases: [&[Case]; 5] = [
        &digests::CASES,
        &login::CASES,
        &pdus::CASES,
        &data::CASES,
        &texts::CASES,
    ];
    all(target, &cases.concat())
}

/// Sends a PDU, after which the target must close the connection.
fn fatal(target: &Target, pdu: impl FnOnce(&mut Connection) -> Pdu) -> Result<()> {
    let mut connection = target.session("")?;
    let pdu = pdu(&mut connection);
    connection.send(&pdu)?;
    ended(&mut connection)
}

/// Sends a PDU that has `answers`, after which the session must still work.
fn harmless(
    target: &Target,
    pdu: impl FnOnce(&mut Connection) -> Pdu,
    answers: &[u8],
) -> Result<()> {
    let mut connection = target.session("")?;
    let pdu = pdu(&mut connection);
    connection.send(&pdu)?;
    for wanted in answers {
        answered(&mut connection, *wanted)?;
    }
    connection.inquire()?;
    connection.log_out()
}

/// Checks that a response has the sense key ABORTED COMMAND, after which initiators retry, and this
/// additional sense code and qualifier.
fn is_aborted(response: &Pdu, additional: [u8; 2]) -> Result<()> {
    let key = response.data.get(4).map(|byte| byte & 0xf);
    ensure!(
        response.header[3] == 2 && key == Some(0xb),
        "no ABORTED COMMAND: {response:?}"
    );
    let found = response.data.get(14..16);
    ensure!(
        found == Some(&additional),
        "sense {found:02x?} instead of {additional:02x?}"
    );
    Ok(())
}

/// Number of requests of 4 KB that are too many for one text.
const MANY: usize = 100;
