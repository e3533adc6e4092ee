// SPDX-License-Identifier: GPL-2.0-only

//! Logins: invalid names, keys and stages, commands before a login, and requests after it.

use anyhow::{bail, ensure};
use xtask::initiator::{reply, stage};

use super::super::{Case, INITIATOR_ERROR, INVALID, SUCCESS, answered, ended, want};
use super::{MANY, fatal};

pub(super) const CASES: [Case; 12] = [
    ("a first request without a name", |target| {
        let text = "SessionType=Normal\0";
        let (status, _) = target.connect()?.ask(1, Some(stage::FULL), text)?;
        want(status, 0x0207)
    }),
    ("a text without a pair", |target| {
        let text = target.names.keys() + "nonsense\0";
        let (status, _) = target.connect()?.ask(1, Some(stage::FULL), &text)?;
        want(status, INITIATOR_ERROR)
    }),
    ("a key twice", |target| {
        let text = target.names.keys() + "MaxBurstLength=8192\0MaxBurstLength=4096\0";
        let (status, _) = target.connect()?.ask(1, Some(stage::FULL), &text)?;
        want(status, INITIATOR_ERROR)
    }),
    ("another name in the second request", |target| {
        let mut connection = target.connect()?;
        want(connection.ask(1, None, &target.names.keys())?.0, SUCCESS)?;
        let text = "InitiatorName=iqn.1994-05.org.example.client:other\0";
        want(
            connection.ask(1, Some(stage::FULL), text)?.0,
            INITIATOR_ERROR,
        )
    }),
    ("an unknown stage", |target| {
        let (status, _) = target.connect()?.ask(2, Some(3), &target.names.keys())?;
        want(status, INVALID)
    }),
    ("back to the first stage", |target| {
        let mut connection = target.connect()?;
        let text = target.names.keys();
        want(connection.ask(1, None, &text)?.0, SUCCESS)?;
        want(connection.ask(0, Some(1), "")?.0, INVALID)
    }),
    ("an unknown session", |target| {
        let mut connection = target.connect()?;
        let mut request = connection.login_request(1, Some(3), &target.names.keys());
        request.header[14..16].copy_from_slice(&[0xff, 0xfe]);
        connection.send(&request)?;
        let pdu = answered(&mut connection, reply::LOGIN)?;
        want(pdu.status(), 0x020a)
    }),
    ("an endless login", |target| {
        let mut connection = target.connect()?;
        let text = target.names.keys() + &"X-pad=1\0".repeat(500);
        for _ in 0..MANY {
            let mut request = connection.login_request(1, None, &text);
            request.header[1] |= 0x40;
            connection.send(&request)?;
            let pdu = answered(&mut connection, reply::LOGIN)?;
            if pdu.status() != SUCCESS {
                return want(pdu.status(), INITIATOR_ERROR);
            }
        }
        bail!("{MANY} requests were accepted")
    }),
    ("a command before the login", |target| {
        let mut connection = target.connect()?;
        let command = connection.command(0xc0, 36, &[0x12, 0, 0, 0, 36, 0]);
        connection.send(&command)?;
        ended(&mut connection)
    }),
    ("a login after the login", |target| {
        fatal(target, |it| {
            it.login_request(1, Some(3), "InitiatorName=iqn.1994-05.org.example:other\0")
        })
    }),
    ("a login request of 2^24-1 bytes", |target| {
        let mut connection = target.connect()?;
        let mut request = connection.login_request(1, Some(3), "");
        request.header[5..8].copy_from_slice(&[0xff; 3]);
        connection.send(&request)?;
        ended(&mut connection)
    }),
    ("a valid login after an invalid one", |target| {
        let mut connection = target.connect()?;
        let bad = connection.login_request(1, Some(3), "nonsense\0");
        let good = connection.login_request(1, Some(3), &target.names.keys());
        connection.send_bytes(&[bad.bytes(), good.bytes()].concat())?;
        let pdu = answered(&mut connection, reply::LOGIN)?;
        ensure!(pdu.header[36] == 2, "{pdu:?}");
        ensure!(connection.receive()?.is_none(), "the connection stays open");
        Ok(())
    }),
];
