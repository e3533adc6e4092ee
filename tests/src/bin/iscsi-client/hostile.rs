// SPDX-License-Identifier: GPL-2.0-only

//! PDUs and texts that no initiator should send.

use std::io::Read;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use xtask::initiator::{Connection, NO_TAG, Pdu, reply, stage};

use super::{
    Case, INITIATOR_ERROR, INVALID, SUCCESS, Target, answered, asked, ended, manage, set, want,
    write,
};

/// Sends a PDU, after which the connection must end.
fn fatal(target: &Target, pdu: impl FnOnce(&mut Connection) -> Pdu) -> Result<()> {
    let mut connection = target.session("")?;
    let pdu = pdu(&mut connection);
    connection.send(&pdu)?;
    ended(&mut connection)
}

/// Sends a PDU, after which the session must go on; what it was answered with.
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

/// Sends a text request; the answer.
fn ask_text(connection: &mut Connection, flags: u8, transfer_tag: u32, text: &str) -> Result<Pdu> {
    let fields = [
        (16, 99),
        (20, transfer_tag),
        (24, connection.cmd_sn),
        (28, connection.exp_stat_sn),
    ];
    let pdu = Pdu::new(0x44, flags, &fields).with(text.as_bytes());
    connection.send(&pdu)?;
    connection.receive()?.context("the target hangs up")
}

/// Sends 80 MB of a PDU, and reads no answer: the target must stop reading.
fn never_read(target: &Target, pdu: fn(&Connection) -> Pdu) -> Result<()> {
    let mut connection = target.session("")?;
    let patience = Some(Duration::from_secs(2));
    connection.stream.set_write_timeout(patience)?;
    let bytes = pdu(&connection).bytes();
    let many = bytes.repeat((8192 / bytes.len()).max(1));
    let is_blocked = (0..10_000).any(|_| connection.send_bytes(&many).is_err());
    ensure!(is_blocked, "80 MB were taken, with no answer read");
    target.visit()
}

/// Unexpected unsolicited data, and an incorrect amount of data: the additional sense code and its
/// qualifier (RFC 7143, section 11.4.7.2).
const UNEXPECTED: [u8; 2] = [0x0c, 0x0c];
const AMOUNT: [u8; 2] = [0x0c, 0x0d];

/// Sends data for a request in which something is wrong: the write fails, the session goes on.
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

/// Checks that a response is ABORTED COMMAND, after which the initiator tries again, with this
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
        "{found:02x?}, and not {additional:02x?}"
    );
    Ok(())
}

/// Leaves a connection when so much of a PDU is sent.
fn vanishes(target: &Target, pdu: &Pdu, sent: usize) -> Result<()> {
    target.session("")?.send_bytes(&pdu.header)?;
    target
        .session("InitialR2T=No\0")?
        .send_bytes(&pdu.bytes()[..sent])?;
    target.visit()
}

/// A session with both digests.
fn with_digests(target: &Target) -> Result<Connection> {
    let connection = target.session("HeaderDigest=CRC32C\0DataDigest=CRC32C\0")?;
    let digests = connection.digests;
    ensure!(digests.header && digests.data, "{digests:?}");
    Ok(connection)
}

/// Sends a PDU with a bit turned over, so many bytes before its end.
fn send_spoilt(connection: &mut Connection, pdu: &Pdu, place: usize) -> Result<()> {
    let mut bytes = pdu.bytes_with(connection.digests);
    let index = bytes.len() - place;
    bytes[index] ^= 0x10;
    connection.send_bytes(&bytes)
}

/// A write of 4 KiB whose data come with it, one bit of which is turned over: the target says that
/// the digest is wrong, the write fails, and the session goes on.
fn spoilt_data(target: &Target, place: usize) -> Result<()> {
    let mut connection = with_digests(target)?;
    let write = write(&mut connection, 8).with(&[0x77; 4096]);
    send_spoilt(&mut connection, &write, place)?;
    let reject = answered(&mut connection, reply::REJECT)?;
    ensure!(reject.header[2] == 2, "no Data Digest Error: {reject:?}");
    let response = answered(&mut connection, reply::RESPONSE)?;
    // A CRC error of the protocol service.
    is_aborted(&response, [0x47, 0x05])?;
    connection.inquire()?;
    connection.log_out()
}

/// A number of requests of 4 KB that is too many for one text.
const MANY: usize = 100;

pub(super) const HOSTILE: [Case; 47] = [
    ("digests", |target| {
        let mut connection = with_digests(target)?;
        let write = write(&mut connection, 8).with(&[0x77; 4096]);
        connection.send(&write)?;
        let response = answered(&mut connection, reply::RESPONSE)?;
        ensure!(response.header[3] == 0, "failed: {response:?}");
        connection.inquire()?;
        connection.log_out()
    }),
    ("a header that is not what its digest says", |target| {
        for place in [1, 52] {
            let mut connection = with_digests(target)?;
            let ping = Pdu::new(
                0x40,
                0x80,
                &[(16, 5), (20, NO_TAG), (24, connection.cmd_sn)],
            );
            send_spoilt(&mut connection, &ping, place)?;
            ensure!(connection.receive()?.is_none(), "answered");
        }
        target.visit()
    }),
    ("data that are not what their digest says", |target| {
        spoilt_data(target, 100)
    }),
    ("a wrong digest of data", |target| spoilt_data(target, 1)),
    ("much behind what ends the connection", |target| {
        // The last PDU reaches an initiator that has sent more, and no reset follows it.
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
    ("a first request without a name", |target| {
        let text = "SessionType=Normal\0";
        let (status, _) = target.connect()?.ask(1, Some(stage::FULL), text)?;
        want(status, 0x0207)
    }),
    ("a text that is no pair", |target| {
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
    ("a stage that does not exist", |target| {
        let (status, _) = target.connect()?.ask(2, Some(3), &target.names.keys())?;
        want(status, INVALID)
    }),
    ("back to the first stage", |target| {
        let mut connection = target.connect()?;
        let text = target.names.keys();
        want(connection.ask(1, None, &text)?.0, SUCCESS)?;
        want(connection.ask(0, Some(1), "")?.0, INVALID)
    }),
    ("a session that does not exist", |target| {
        let mut connection = target.connect()?;
        let mut request = connection.login_request(1, Some(3), &target.names.keys());
        request.header[14..16].copy_from_slice(&[0xff, 0xfe]);
        connection.send(&request)?;
        let pdu = answered(&mut connection, reply::LOGIN)?;
        want(pdu.status(), 0x020a)
    }),
    ("a login without end", |target| {
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
        bail!("{MANY} requests were taken")
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
    ("a login request of 2^24-1 bytes", |target| {
        let mut connection = target.connect()?;
        let mut request = connection.login_request(1, Some(3), "");
        request.header[5..8].copy_from_slice(&[0xff; 3]);
        connection.send(&request)?;
        ended(&mut connection)
    }),
    ("more data than the command has", |target| {
        fatal(target, |it| write(it, 1).with(&[0; 4096]))
    }),
    ("data with a read", |target| {
        fatal(target, |it| {
            it.command(0xc0, 512, &[0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0])
                .with(&[0; 512])
        })
    }),
    ("data with a number that comes too early", |target| {
        fatal(target, |it| {
            it.cmd_sn += 1;
            write(it, 8).with(&[0; 4096])
        })
    }),
    ("a number beyond the window", |target| {
        let pdu = |it: &mut Connection| {
            let number = it.cmd_sn;
            let mut pdu = it.command(0x80, 0, &[0; 6]);
            it.cmd_sn = number;
            set(&mut pdu, 24, number.wrapping_add(10_000));
            pdu
        };
        harmless(target, pdu, &[])
    }),
    ("a number that was used", |target| {
        let pdu = |it: &mut Connection| {
            let number = it.cmd_sn;
            let mut pdu = it.command(0x80, 0, &[0; 6]);
            it.cmd_sn = number;
            set(&mut pdu, 24, number.wrapping_sub(1));
            pdu
        };
        harmless(target, pdu, &[])
    }),
    ("an opcode that does not exist", |target| {
        let pdu = |it: &mut Connection| Pdu::new(0x5d, 0x80, &[(16, 9), (24, it.cmd_sn)]);
        harmless(target, pdu, &[reply::REJECT])
    }),
    ("a function that does not exist", |target| {
        let pdu = |it: &mut Connection| Pdu::new(0x42, 0xff, &[(16, 9), (24, it.cmd_sn)]);
        harmless(target, pdu, &[reply::REJECT])
    }),
    ("data that nobody has asked for", |target| {
        let pdu = |it: &mut Connection| it.data_out(77, NO_TAG, 0, 0).with(&[0; 512]);
        harmless(target, pdu, &[])
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
    ("data with a hole before them", |target| {
        wrong_data(target, UNEXPECTED, |data| set(data, 40, 4096))
    }),
    ("data at an offset that wraps", |target| {
        wrong_data(target, UNEXPECTED, |data| set(data, 40, 0xffff_fe00))
    }),
    ("data with the wrong number", |target| {
        wrong_data(target, UNEXPECTED, |data| set(data, 36, 1))
    }),
    ("data for another request", |target| {
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
    ("an end in the middle of each PDU", |target| {
        let mut connection = target.session("")?;
        let write = write(&mut connection, 8).with(&[0; 4096]);
        connection.log_out()?;
        for sent in [1, 47, 48, 49, 100, 4100] {
            vanishes(target, &write, sent)?;
        }
        Ok(())
    }),
    ("an end while data are asked for", |target| {
        for part in [0, 20, 48, 1000] {
            let mut connection = target.session("")?;
            let r2t = asked(&mut connection)?;
            let data = connection.data_out(r2t.field(16), r2t.field(20), 0, 0);
            connection.send_bytes(&data.with(&[0; 4096]).bytes()[..part])?;
        }
        target.visit()
    }),
    ("a good login behind a bad one", |target| {
        let mut connection = target.connect()?;
        let bad = connection.login_request(1, Some(3), "nonsense\0");
        let good = connection.login_request(1, Some(3), &target.names.keys());
        connection.send_bytes(&[bad.bytes(), good.bytes()].concat())?;
        let pdu = answered(&mut connection, reply::LOGIN)?;
        ensure!(pdu.header[36] == 2, "{pdu:?}");
        ensure!(connection.receive()?.is_none(), "it goes on");
        Ok(())
    }),
    ("a command for 4 GiB", |target| {
        let pdu = |it: &mut Connection| it.command(0xa0, u32::MAX, &[0; 6]);
        harmless(target, pdu, &[reply::REJECT])
    }),
    ("a command both ways, of no bytes", |target| {
        let pdu = |it: &mut Connection| it.command(0xe0, 0, &[0; 6]);
        harmless(target, pdu, &[reply::RESPONSE])
    }),
    ("the answer to no ping, with a number", |target| {
        let pdu = |it: &mut Connection| Pdu::new(0x00, 0x80, &[(16, NO_TAG), (24, it.cmd_sn)]);
        harmless(target, pdu, &[])
    }),
    ("a text in two parts", |target| {
        let mut connection = target.session("")?;
        let text = ask_text(&mut connection, 0, NO_TAG, "SendTa")?;
        ensure!(text.header[1] & 0x80 == 0, "{text:?}");
        let text = ask_text(&mut connection, 0x80, text.field(20), "rgets=\0")?;
        let name = text.value("TargetName");
        ensure!(name == target.names.target, "{name:?}");
        connection.log_out()
    }),
    ("a text without end", |target| {
        let mut connection = target.session("")?;
        let mut tag = NO_TAG;
        for _ in 0..MANY {
            match ask_text(&mut connection, 0x40, tag, &"X-pad=1\0".repeat(500)) {
                Ok(text) if text.opcode() == reply::REJECT => return ended(&mut connection),
                Ok(text) => tag = text.field(20),
                Err(error) => return Err(error),
            }
        }
        bail!("{MANY} requests were taken")
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
    ("SendTargets four hundred times", |target| {
        let mut connection = target.session("")?;
        let text = ask_text(&mut connection, 0x80, NO_TAG, &"SendTargets=\0".repeat(400))?;
        let all = String::from_utf8_lossy(&text.data);
        ensure!(all.matches("TargetName=").count() == 1, "{all}");
        Ok(())
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
    ("an end while a COMPARE AND WRITE waits", |target| {
        let mut connection = target.session("")?;
        let cdb = [0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0];
        let command = connection.command(0xa0, 1024, &cdb);
        connection.send(&command)?;
        answered(&mut connection, reply::R2T)?;
        drop(connection);
        target.visit()
    }),
    ("answers to pings that are never read", |target| {
        never_read(target, |connection| {
            let fields = [(16, 5), (20, NO_TAG), (24, connection.cmd_sn)];
            Pdu::new(0x40, 0x80, &fields).with(&[1; 8192])
        })
    }),
    ("answers to functions that are never read", |target| {
        // TARGET COLD RESET, which is refused at once.
        never_read(target, |connection| {
            Pdu::new(0x42, 0x87, &[(16, 5), (24, connection.cmd_sn)])
        })
    }),
];
