// SPDX-License-Identifier: GPL-2.0-only

//! Logins and commands of initiators in the field, and values that an administrator requires.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use xtask::initiator::{Connection, NO_TAG, Names, Pdu, agreed, reply, stage};

use super::{Case, INITIATOR_ERROR, SUCCESS, Target, answered, reserve, want, write};

/// Status of a login with another initiator name.
fn status_for(target: &Target, initiator: &str) -> Result<u16> {
    let names = Names {
        initiator: initiator.to_owned(),
        ..target.names.clone()
    };
    let text = names.keys();
    let (status, _) = target.connect()?.ask(1, Some(stage::FULL), &text)?;
    Ok(status)
}

/// Checks that a second login request with a change is refused: RFC 7143, section 11.12.
fn changed(target: &Target, change: fn(&mut Pdu)) -> Result<()> {
    let mut connection = target.connect()?;
    let text = target.names.keys();
    want(connection.ask(stage::OPERATIONAL, None, &text)?.0, SUCCESS)?;
    let mut request = connection.login_request(stage::OPERATIONAL, Some(stage::FULL), "");
    change(&mut request);
    connection.send(&request)?;
    let status = answered(&mut connection, reply::LOGIN)?.status();
    want(status, INITIATOR_ERROR)
}

pub(super) const FIELD: [Case; 14] = [
    ("names of virtual machines", |target| {
        // QEMU appends the name of the virtual machine: block/iscsi.c.
        for name in ["vm_1", "My VM", "vm@host", "caf\u{e9}"] {
            let name = format!("iqn.2008-11.org.linux-kvm:{name}");
            want(status_for(target, &name)?, SUCCESS).context(name)?;
        }
        want(status_for(target, "no form at all")?, SUCCESS)?;
        for name in ["a,b", "a\u{7}b", &"a".repeat(224)] {
            want(status_for(target, name)?, 0x0207).with_context(|| name.to_owned())?;
        }
        Ok(())
    }),
    ("a login request without the I bit", |target| {
        let mut connection = target.connect()?;
        let mut request = connection.login_request(1, Some(3), &target.names.keys());
        request.header[0] = 0x03;
        connection.send(&request)?;
        want(answered(&mut connection, reply::LOGIN)?.status(), SUCCESS)?;
        connection.inquire()?;
        connection.log_out()
    }),
    ("T and C together", |target| {
        let mut connection = target.connect()?;
        let mut request = connection.login_request(1, Some(3), &target.names.keys());
        request.header[1] |= 0x40;
        connection.send(&request)?;
        want(
            answered(&mut connection, reply::LOGIN)?.status(),
            INITIATOR_ERROR,
        )
    }),
    ("another ISID", |target| {
        changed(target, |request| request.header[13] ^= 1)
    }),
    ("another task tag", |target| {
        changed(target, |request| request.header[19] ^= 1)
    }),
    ("another version", |target| {
        changed(target, |request| request.header[2] = 1)
    }),
    ("a later SessionType", |target| {
        changed(target, |request| {
            *request = request.clone().with(b"SessionType=Discovery\0");
        })
    }),
    ("sixty keys of a vendor", |target| {
        let key = |index: u32| format!("X-com.example.a.long.name.of.a.key.{index}=1\0");
        let text = target.names.keys() + &(0..60).map(key).collect::<String>();
        let (status, pdu) = target.connect()?.ask(1, Some(stage::FULL), &text)?;
        want(status, SUCCESS)?;
        let text = String::from_utf8_lossy(&pdu.data);
        let count = text.matches("=NotUnderstood").count();
        ensure!(count == 60, "{count} answers");
        Ok(())
    }),
    ("SendTargets with a name in capitals", |target| {
        let mut connection = target.session("")?;
        let name = target.names.target.clone().unwrap_or_default();
        let text = format!("SendTargets={}\0", name.to_uppercase());
        let fields = [(16, 9), (20, NO_TAG), (24, connection.cmd_sn)];
        connection.send(&Pdu::new(0x44, 0x80, &fields).with(text.as_bytes()))?;
        let found = answered(&mut connection, 0x24)?.value("TargetName");
        ensure!(found.as_ref() == Some(&name), "{found:?}");
        Ok(())
    }),
    ("INQUIRY with less data than expected", |target| {
        // RFC 7143, section 11.4.5: the residual is that of the expected length, and U is set.
        let mut connection = target.session("")?;
        let command = connection.command(0xc0, 192, &[0x12, 0, 0, 0, 255, 0]);
        connection.send(&command)?;
        let pdu = answered(&mut connection, reply::DATA)?;
        let flags = pdu.header[1] & 0x07;
        let (sent, residual) = (u32::try_from(pdu.data.len())?, pdu.field(44));
        ensure!(sent < 192, "{sent} bytes");
        ensure!(flags == 0x03, "flags {flags:#x}");
        ensure!(residual == 192 - sent, "residual {residual} of {sent}");
        connection.log_out()
    }),
    ("ABORT TASK of a command that never came", |target| {
        // RFC 7143, section 11.6.1: the number counts as received.
        let mut connection = target.session("")?;
        let lost = connection.command(0x80, 0, &[0; 6]);
        let fields = [
            (16, connection.tag),
            (20, lost.field(16)),
            (24, connection.cmd_sn),
            (32, lost.field(24)),
        ];
        connection.tag += 1;
        connection.send(&Pdu::new(0x42, 0x81, &fields))?;
        let response = answered(&mut connection, 0x22)?;
        ensure!(response.header[2] == 0, "response {}", response.header[2]);
        connection.inquire()?;
        connection.log_out()
    }),
    ("commands in another order", |target| {
        // RFC 7143, section 4.2.2.1: they are executed in the order of their numbers.
        let mut connection = target.session("")?;
        let commands = [0; 4].map(|_| connection.command(0x80, 0, &[0; 6]));
        for index in [2, 1, 3, 1, 0] {
            connection.send(&commands[index])?;
        }
        for command in &commands {
            let response = answered(&mut connection, reply::RESPONSE)?;
            let (found, wanted) = (response.field(16), command.field(16));
            ensure!(found == wanted, "task {found} instead of {wanted}");
        }
        connection.inquire()?;
        connection.log_out()
    }),
    (
        "ABORT TASK of a command that waits for another one",
        |target| {
            let mut connection = target.session("")?;
            let first = connection.command(0x80, 0, &[0; 6]);
            let second = connection.command(0x80, 0, &[0; 6]);
            connection.send(&second)?;
            let fields = [
                (16, connection.tag),
                (20, second.field(16)),
                (24, connection.cmd_sn),
                (32, second.field(24)),
            ];
            connection.tag += 1;
            connection.send(&Pdu::new(0x42, 0x81, &fields))?;
            let response = answered(&mut connection, 0x22)?;
            ensure!(response.header[2] == 0, "response {}", response.header[2]);
            connection.send(&first)?;
            let response = answered(&mut connection, reply::RESPONSE)?;
            ensure!(response.field(16) == first.field(16), "{response:?}");
            connection.inquire()?;
            connection.log_out()
        },
    ),
    ("ABORT TASK of a task that has ended", |target| {
        let mut connection = target.session("")?;
        let fields = [
            (16, connection.tag),
            (20, 0x7777),
            (24, connection.cmd_sn),
            (32, connection.cmd_sn.wrapping_sub(1)),
        ];
        connection.tag += 1;
        connection.send(&Pdu::new(0x42, 0x81, &fields))?;
        let response = answered(&mut connection, 0x22)?;
        ensure!(response.header[2] == 1, "response {}", response.header[2]);
        connection.log_out()
    }),
];

/// Sends three reads of 36 bytes, a write of a block and, if `is_corrupt`, a ping with a wrong data
/// digest. Says so, and logs out at the end of its input.
pub(super) fn counted(target: &Target, is_corrupt: bool) -> Result<()> {
    // All keys, since iscsi_target_mod proposes those that are missing.
    let keys = [
        "HeaderDigest=None",
        "DataDigest=CRC32C",
        "MaxConnections=1",
        "InitialR2T=Yes",
        "ImmediateData=No",
        "MaxRecvDataSegmentLength=8192",
        "MaxBurstLength=262144",
        "FirstBurstLength=65536",
        "DefaultTime2Wait=2",
        "DefaultTime2Retain=20",
        "MaxOutstandingR2T=1",
        "DataPDUInOrder=Yes",
        "DataSequenceInOrder=Yes",
        "ErrorRecoveryLevel=0",
    ];
    let keys = keys.map(|key| format!("{key}\0")).concat();
    let mut connection = target.session(&keys)?;
    for _ in 0..3 {
        connection.inquire()?;
    }
    let write = write(&mut connection, 1);
    connection.send(&write)?;
    let asked = answered(&mut connection, reply::R2T)?;
    let data = connection.data_out(write.field(16), asked.field(20), 0, 0);
    connection.send(&data.with(&[0; 512]))?;
    answered(&mut connection, reply::RESPONSE)?;
    if is_corrupt {
        let fields = [(16, 0x7777), (20, NO_TAG), (24, connection.cmd_sn)];
        let ping = Pdu::new(0x40, 0x80, &fields).with(b"ping");
        let mut bytes = ping.bytes_with(connection.digests);
        let last = bytes.last_mut().context("no digest")?;
        *last ^= 1;
        connection.send_bytes(&bytes)?;
        answered(&mut connection, 0x3f)?;
    }
    println!("ready");
    std::io::read_to_string(std::io::stdin())?;
    connection.log_out()
}

/// Begins a login without keys, at a target with required values. Returns the proposals.
fn proposed(target: &Target) -> Result<(Connection, Pdu)> {
    let mut connection = target.connect()?;
    let text = target.names.keys();
    let (status, pdu) = connection.ask(stage::OPERATIONAL, Some(stage::FULL), &text)?;
    want(status, SUCCESS)?;
    ensure!(pdu.header[1] & 0x80 == 0, "the stage ends: {pdu:?}");
    Ok((connection, pdu))
}

/// Logins at a target with `DataDigest=CRC32C`, `ImmediateData=No` and `TargetAlias=shelf`.
pub(super) const DEMANDS: [Case; 3] = [
    ("keys that the initiator does not name", |target| {
        let (mut connection, pdu) = proposed(target)?;
        let value = |key| pdu.value(key).unwrap_or_default();
        let found = (value("DataDigest"), value("ImmediateData"));
        ensure!(found == ("CRC32C".into(), "No".into()), "{found:?}");
        ensure!(value("TargetAlias") == "shelf", "{pdu:?}");
        let answer = "DataDigest=CRC32C\0ImmediateData=No\0";
        let (status, mut pdu) = connection.ask(stage::OPERATIONAL, Some(stage::FULL), answer)?;
        want(status, SUCCESS)?;
        ensure!(pdu.header[1] & 0x83 == 0x83, "the login goes on: {pdu:?}");
        // The target does not repeat the keys.
        ensure!(pdu.value("DataDigest").is_none(), "{pdu:?}");
        pdu.data = answer.into();
        connection.digests = agreed(&pdu);
        let write = write(&mut connection, 8);
        connection.send(&write)?;
        answered(&mut connection, reply::R2T)?;
        connection.log_out()
    }),
    ("an initiator without digests", |target| {
        let text = target.names.keys() + "DataDigest=None\0";
        let (status, _) = target.connect()?.ask(1, Some(stage::FULL), &text)?;
        want(status, INITIATOR_ERROR)
    }),
    ("an initiator that answers no proposal", |target| {
        let (mut connection, _) = proposed(target)?;
        let (status, _) = connection.ask(stage::OPERATIONAL, Some(stage::FULL), "")?;
        want(status, INITIATOR_ERROR)
    }),
];

/// Status of a write of one block.
fn write_status(connection: &mut Connection) -> Result<u8> {
    loop {
        let write = write(connection, 1).with(&[0x5a; 512]);
        connection.send(&write)?;
        let response = answered(connection, reply::RESPONSE)?;
        // Skip unit attentions.
        if response.header[3] != 2 || response.data.get(4) != Some(&6) {
            return Ok(response.header[3]);
        }
    }
}

/// Checks a reservation after the loss of a connection: one initiator registers and reserves, its
/// connection is cut, and another one without a registration cannot write, neither then nor later.
pub(super) fn fenced(target: &Target) -> Result<()> {
    const CONFLICT: u8 = 0x18;
    let holder = target.by("holder");
    let mut connection = holder.session("")?;
    // REGISTER, and RESERVE for registrants only.
    reserve(&mut connection, 0, 0, 0, 2)?;
    reserve(&mut connection, 1, 5, 2, 0)?;
    ensure!(
        write_status(&mut connection)? == 0,
        "the holder cannot write"
    );
    drop(connection);
    for _ in 0..3 {
        let mut other = target.by("other").session("")?;
        let status = write_status(&mut other)?;
        ensure!(status == CONFLICT, "a fenced initiator writes: {status:#x}");
        other.log_out()?;
        thread::sleep(Duration::from_millis(700));
    }
    let mut connection = holder.session("")?;
    ensure!(
        write_status(&mut connection)? == 0,
        "the holder has lost its key"
    );
    reserve(&mut connection, 3, 0, 2, 0)?;
    connection.log_out()
}
