// SPDX-License-Identifier: GPL-2.0-only

//! Text requests: split, endless, with unknown or repeated keys.

use anyhow::{Context, Result, bail, ensure};
use xtask::initiator::{Connection, NO_TAG, Pdu, reply};

use super::super::{Case, ended};
use super::MANY;

/// Sends a text request. Returns the answer.
fn ask_text(connection: &mut Connection, flags: u8, transfer_tag: u32, text: &str) -> Result<Pdu> {
    let fields = [
        (16, 99),
        (20, transfer_tag),
        (24, connection.cmd_sn),
        (28, connection.exp_stat_sn),
    ];
    let pdu = Pdu::new(0x44, flags, &fields).with(text.as_bytes());
    connection.send(&pdu)?;
    connection
        .receive()?
        .context("the target closed the connection")
}

pub(super) const CASES: [Case; 4] = [
    ("a text in two parts", |target| {
        let mut connection = target.session("")?;
        let text = ask_text(&mut connection, 0, NO_TAG, "SendTa")?;
        ensure!(text.header[1] & 0x80 == 0, "{text:?}");
        let text = ask_text(&mut connection, 0x80, text.field(20), "rgets=\0")?;
        let name = text.value("TargetName");
        ensure!(name == target.names.target, "{name:?}");
        connection.log_out()
    }),
    ("an endless text", |target| {
        let mut connection = target.session("")?;
        let mut tag = NO_TAG;
        for _ in 0..MANY {
            match ask_text(&mut connection, 0x40, tag, &"X-pad=1\0".repeat(500)) {
                Ok(text) if text.opcode() == reply::REJECT => return ended(&mut connection),
                Ok(text) => tag = text.field(20),
                Err(error) => return Err(error),
            }
        }
        bail!("{MANY} requests were accepted")
    }),
    ("texts with an unknown key or value", |target| {
        let mut connection = target.session("")?;
        for text in [
            "SendTargetsPlease=All\0",
            "SendTargets=Alle\0",
            "sENDtARGETS=aLL\0",
        ] {
            let answer = ask_text(&mut connection, 0x80, NO_TAG, text)?;
            ensure!(
                answer.header[0] & 0x3f == reply::REJECT,
                "{text}: {answer:?}"
            );
        }
        let text = ask_text(&mut connection, 0x80, NO_TAG, "SendTargets=\0")?;
        let name = text.value("TargetName");
        ensure!(name == target.names.target, "{name:?}");
        connection.log_out()
    }),
    ("four hundred SendTargets keys", |target| {
        let mut connection = target.session("")?;
        let text = ask_text(&mut connection, 0x80, NO_TAG, &"SendTargets=\0".repeat(400))?;
        let all = String::from_utf8_lossy(&text.data);
        ensure!(all.matches("TargetName=").count() == 1, "{all}");
        Ok(())
    }),
];
