// SPDX-License-Identifier: GPL-2.0-only

//! PDUs with invalid headers, truncated PDUs, and answers that are never read.

use std::io::Read;
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use xtask::initiator::{Connection, NO_TAG, Pdu, reply};

use super::super::{Case, Target, answered, set, write};
use super::{fatal, harmless};

/// Sends 80 MB of a PDU without reading answers: the target must stop reading.
fn never_read(target: &Target, pdu: fn(&Connection) -> Pdu) -> Result<()> {
    let mut connection = target.session("")?;
    let patience = Some(Duration::from_secs(2));
    connection.stream.set_write_timeout(patience)?;
    let bytes = pdu(&connection).bytes();
    let many = bytes.repeat((8192 / bytes.len()).max(1));
    let is_blocked = (0..10_000).any(|_| connection.send_bytes(&many).is_err());
    ensure!(is_blocked, "the target took 80 MB while no answer was read");
    target.visit()
}

/// Closes connections after `sent` bytes of a PDU.
fn vanishes(target: &Target, pdu: &Pdu, sent: usize) -> Result<()> {
    target.session("")?.send_bytes(&pdu.header)?;
    target
        .session("InitialR2T=No\0")?
        .send_bytes(&pdu.bytes()[..sent])?;
    target.visit()
}

pub(super) const CASES: [Case; 14] = [
    ("bytes after a fatal PDU", |target| {
        // The initiator receives the last PDU even if it has sent more, and no reset follows.
        let mut connection = target.session("")?;
        let wrong = connection.login_request(1, Some(3), "");
        connection.send_bytes(&[wrong.bytes(), vec![0; 4096]].concat())?;
        answered(&mut connection, reply::REJECT)?;
        let more = connection.stream.read(&mut [0]);
        ensure!(matches!(more, Ok(0)), "{more:?}");
        thread::sleep(Duration::from_millis(200));
        let error = connection.stream.take_error()?;
        ensure!(error.is_none(), "{error:?}");
        Ok(())
    }),
    ("a data segment of 2^24-1 bytes", |target| {
        fatal(target, |it| {
            let mut pdu = it.command(0xa0, 4096, &[0x2a, 0, 0, 0, 0, 0, 0, 0, 8, 0]);
            pdu.header[5..8].copy_from_slice(&[0xff; 3]);
            pdu
        })
    }),
    ("a ping of 2^24-1 bytes", |target| {
        fatal(target, |it| {
            let mut pdu = Pdu::new(0x40, 0x80, &[(16, 5), (20, NO_TAG), (24, it.cmd_sn)]);
            pdu.header[5..8].copy_from_slice(&[0xff; 3]);
            pdu
        })
    }),
    ("a CmdSN beyond the window", |target| {
        let pdu = |it: &mut Connection| {
            let number = it.cmd_sn;
            let mut pdu = it.command(0x80, 0, &[0; 6]);
            it.cmd_sn = number;
            set(&mut pdu, 24, number.wrapping_add(10_000));
            pdu
        };
        harmless(target, pdu, &[])
    }),
    ("a CmdSN that was used", |target| {
        let pdu = |it: &mut Connection| {
            let number = it.cmd_sn;
            let mut pdu = it.command(0x80, 0, &[0; 6]);
            it.cmd_sn = number;
            set(&mut pdu, 24, number.wrapping_sub(1));
            pdu
        };
        harmless(target, pdu, &[])
    }),
    ("an unknown opcode", |target| {
        let pdu = |it: &mut Connection| Pdu::new(0x5d, 0x80, &[(16, 9), (24, it.cmd_sn)]);
        harmless(target, pdu, &[reply::REJECT])
    }),
    ("an unknown TMF", |target| {
        let pdu = |it: &mut Connection| Pdu::new(0x42, 0xff, &[(16, 9), (24, it.cmd_sn)]);
        harmless(target, pdu, &[0x22])
    }),
    ("additional headers of zeros", |target| {
        let mut connection = target.session("")?;
        let mut pdu = connection.command(0x80, 0, &[0; 6]);
        pdu.header[4] = 255;
        pdu.ahs = vec![0; 255 * 4];
        connection.send(&pdu)?;
        answered(&mut connection, reply::REJECT)?;
        connection.inquire()?;
        connection.log_out()
    }),
    ("connections closed within a PDU", |target| {
        let mut connection = target.session("")?;
        let write = write(&mut connection, 8).with(&[0; 4096]);
        connection.log_out()?;
        for sent in [1, 47, 48, 49, 100, 4100] {
            vanishes(target, &write, sent)?;
        }
        Ok(())
    }),
    ("a command for 4 GiB", |target| {
        let pdu = |it: &mut Connection| it.command(0xa0, u32::MAX, &[0; 6]);
        harmless(target, pdu, &[reply::REJECT])
    }),
    ("a bidirectional command of no bytes", |target| {
        let pdu = |it: &mut Connection| it.command(0xe0, 0, &[0; 6]);
        harmless(target, pdu, &[reply::RESPONSE])
    }),
    ("an answer without a ping, with a CmdSN", |target| {
        let pdu = |it: &mut Connection| Pdu::new(0x00, 0x80, &[(16, NO_TAG), (24, it.cmd_sn)]);
        harmless(target, pdu, &[])
    }),
    ("answers to pings that are never read", |target| {
        never_read(target, |connection| {
            let fields = [(16, 5), (20, NO_TAG), (24, connection.cmd_sn)];
            Pdu::new(0x40, 0x80, &fields).with(&[1; 8192])
        })
    }),
    ("answers to TMFs that are never read", |target| {
        // TARGET COLD RESET, which is refused.
        never_read(target, |connection| {
            Pdu::new(0x42, 0x87, &[(16, 5), (24, connection.cmd_sn)])
        })
    }),
];
