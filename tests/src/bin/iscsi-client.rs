// SPDX-License-Identifier: GPL-2.0-only

//! What runs in a guest against an iSCSI target: logins by the hundred, ways round authentication,
//! what a hostile initiator does, and valid sessions with mutated PDUs.

use std::fmt::Display;
use std::io::Read;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fastrand::Rng;
use xtask::initiator::{
    Connection, NO_TAG, Names, Pdu, agreed, bytes, hex, is_silence, proof, reply, stage,
};

/// The credentials that the guest's script has set.
const USER: &str = "reader";
const SECRET: &str = "a secret of the initiator's";
const TARGET_USER: &str = "librarian";
const TARGET_SECRET: &str = "a secret of the target's";

/// Statuses of a login response, RFC 7143, section 11.13.5.
const SUCCESS: u16 = 0;
const INITIATOR_ERROR: u16 = 0x0200;
const NOT_AUTHENTIC: u16 = 0x0201;
const INVALID: u16 = 0x020b;
const OUT_OF_RESOURCES: u16 = 0x0302;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("iscsi-client: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> Result<()> {
    let [what, portal, target, rest @ ..] = args else {
        bail!(
            "want: logins|one-way|mutual|hostile|silent|slow|flood|crowd|load|fuzz PORTAL TARGET [OTHER] [NUMBER]..."
        );
    };
    let target = Target {
        portal: portal.parse().context("PORTAL")?,
        names: Names {
            initiator: "iqn.1994-05.org.example.client:test".to_owned(),
            target: (*target != "discovery").then(|| (*target).to_owned()),
        },
    };
    let number = |index: usize| -> Result<u64> {
        let text: &&str = rest.get(index).context("a number is missing")?;
        Ok(text.parse()?)
    };
    match *what {
        "logins" => logins(&target, number(0)?, number(1)?),
        "one-way" => all(&target, &ONE_WAY),
        "mutual" => all(&target, &MUTUAL),
        "hostile" => all(&target, &HOSTILE),
        "silent" => all(&target, &SILENT),
        "slow" => all(&target, &SLOW),
        "flood" => flood(&target, rest.first().context("OTHER")?.parse()?, number(1)?),
        "crowd" => crowd(&target, number(0)?),
        "load" => load(&target, number(0)?, number(1)?),
        "fuzz" => fuzz(&target, number(0)?, number(1)?),
        _ => bail!("no {what}"),
    }
}

/// Where to log in, and as who.
struct Target {
    portal: SocketAddr,
    names: Names,
}

impl Target {
    fn connect(&self) -> Result<Connection> {
        Connection::new(self.portal)
    }

    /// The same for another initiator.
    fn by(&self, name: impl Display) -> Self {
        Self {
            portal: self.portal,
            names: Names {
                initiator: format!("{}-{name}", self.names.initiator),
                ..self.names.clone()
            },
        }
    }

    /// A session that has just begun.
    fn session(&self, operational: &str) -> Result<Connection> {
        let mut connection = self.connect()?;
        connection.log_in(&self.names, operational)?;
        Ok(connection)
    }

    /// A login, a command and a logout.
    fn visit(&self) -> Result<()> {
        let mut connection = self.session("")?;
        connection.inquire()?;
        connection.log_out()
    }
}

/// Runs so many initiators at once; what each has come to.
fn each<T: Send>(initiators: u64, run: impl Fn(u64) -> Result<T> + Sync) -> Result<Vec<T>> {
    thread::scope(|scope| {
        let run = &run;
        let runs: Vec<_> = (0..initiators)
            .map(|index| scope.spawn(move || run(index)))
            .collect();
        let results = runs.into_iter().map(|run| {
            run.join()
                .unwrap_or_else(|_| bail!("an initiator panicked"))
        });
        results.collect()
    })
}

/// So many visits, by so many initiators at once, each by a name of its own.
fn logins(target: &Target, count: u64, initiators: u64) -> Result<()> {
    let start = Instant::now();
    each(initiators, |index| {
        let target = target.by(index);
        (0..count / initiators)
            .try_for_each(|round| target.visit().with_context(|| format!("visit {round}")))
    })?;
    let seconds = start.elapsed().as_secs_f64();
    println!("{count} logins in {seconds:.1} s");
    Ok(())
}

/// Something to try: its name, and what must go well.
type Case = (&'static str, fn(&Target) -> Result<()>);

/// Tries each.
fn all(target: &Target, cases: &[Case]) -> Result<()> {
    let mut failed = 0;
    for (name, case) in cases {
        match case(target) {
            Ok(()) => println!("ok {name}"),
            Err(error) => {
                failed += 1;
                println!("not ok {name}: {error:#}");
            }
        }
    }
    ensure!(failed == 0, "{failed} of {} failed", cases.len());
    Ok(())
}

fn want(status: u16, wanted: u16) -> Result<()> {
    ensure!(
        status == wanted,
        "status {status:#06x}, and not {wanted:#06x}"
    );
    Ok(())
}

// Authentication.

/// A handshake up to the target's challenge.
struct Challenged {
    connection: Connection,
    id: u8,
    challenge: Vec<u8>,
}

impl Challenged {
    fn new(target: &Target) -> Result<Self> {
        let mut connection = target.connect()?;
        let text = target.names.keys() + "AuthMethod=CHAP,None\0";
        let (status, pdu) = connection.ask(stage::SECURITY, None, &text)?;
        want(status, SUCCESS)?;
        let method = pdu.value("AuthMethod");
        ensure!(method.as_deref() == Some("CHAP"), "{method:?}");
        Self::chosen(connection)
    }

    /// Says which digest it is.
    fn chosen(mut connection: Connection) -> Result<Self> {
        let (status, pdu) = connection.ask(stage::SECURITY, None, "CHAP_A=99,7,5\0")?;
        want(status, SUCCESS)?;
        let value = |key| pdu.value(key).with_context(|| format!("no {key}: {pdu:?}"));
        ensure!(value("CHAP_A")? == "7", "{pdu:?}");
        Ok(Self {
            connection,
            id: value("CHAP_I")?.parse()?,
            challenge: bytes(&value("CHAP_C")?)?,
        })
    }

    fn response(&self) -> String {
        proof(self.id, SECRET, &self.challenge)
    }

    /// The right answer.
    fn proof(&self) -> String {
        format!("CHAP_N={USER}\0CHAP_R={}\0", self.response())
    }

    /// Sends an answer, and wants to go on to the next stage; the status, and the response.
    fn answer(&mut self, text: &str) -> Result<(u16, Pdu)> {
        self.connection
            .ask(stage::SECURITY, Some(stage::OPERATIONAL), text)
    }
}

/// What follows a successful handshake: the session works.
fn proceed(mut connection: Connection, pdu: &Pdu) -> Result<()> {
    ensure!(pdu.header[1] & 0x80 != 0, "the stage does not end");
    let (status, pdu) = connection.ask(stage::OPERATIONAL, Some(stage::FULL), "")?;
    want(status, SUCCESS)?;
    ensure!(pdu.header[1] & 0x83 == 0x83, "the login does not end");
    connection.log_out()
}

/// A first request that must be refused so.
fn refused_first(target: &Target, current: u8, next: u8, text: &str, wanted: u16) -> Result<()> {
    let text = target.names.keys() + text;
    let (status, _) = target.connect()?.ask(current, Some(next), &text)?;
    want(status, wanted)
}

/// An answer to the challenge that must be refused so.
fn refused(target: &Target, answer: fn(&Challenged) -> String, wanted: u16) -> Result<()> {
    let mut challenged = Challenged::new(target)?;
    let text = answer(&challenged);
    let (status, _) = challenged.answer(&text)?;
    want(status, wanted)?;
    // That is the end of the connection.
    ensure!(challenged.connection.receive()?.is_none(), "it goes on");
    Ok(())
}

const ONE_WAY: [Case; 22] = [
    ("the right secret", |target| {
        let mut challenged = Challenged::new(target)?;
        let (status, pdu) = challenged.answer(&challenged.proof())?;
        want(status, SUCCESS)?;
        proceed(challenged.connection, &pdu)
    }),
    ("a request to end the stage before the proof", |target| {
        let mut connection = target.connect()?;
        let text = target.names.keys() + "AuthMethod=CHAP\0";
        let (status, pdu) = connection.ask(stage::SECURITY, Some(stage::FULL), &text)?;
        want(status, SUCCESS)?;
        ensure!(pdu.header[1] & 0x80 == 0, "let in");
        let mut challenged = Challenged::chosen(connection)?;
        let (status, pdu) = challenged.answer(&challenged.proof())?;
        want(status, SUCCESS)?;
        proceed(challenged.connection, &pdu)
    }),
    ("no authentication, straight to the end", |target| {
        refused_first(target, stage::SECURITY, stage::FULL, "", NOT_AUTHENTIC)
    }),
    ("no authentication, by the operational stage", |target| {
        refused_first(target, stage::OPERATIONAL, stage::FULL, "", NOT_AUTHENTIC)
    }),
    ("AuthMethod=None alone", |target| {
        let text = "AuthMethod=None\0";
        refused_first(target, stage::SECURITY, stage::FULL, text, NOT_AUTHENTIC)
    }),
    ("AuthMethod in the operational stage", |target| {
        let text = "AuthMethod=CHAP\0";
        refused_first(
            target,
            stage::OPERATIONAL,
            stage::FULL,
            text,
            INITIATOR_ERROR,
        )
    }),
    ("a proof in the first request", |target| {
        let text = "AuthMethod=CHAP\0CHAP_N=reader\0CHAP_R=0x00\0";
        refused_first(target, stage::SECURITY, stage::FULL, text, NOT_AUTHENTIC)
    }),
    ("a proof without a method", |target| {
        let text = "CHAP_N=reader\0CHAP_R=0x00\0";
        refused_first(target, stage::SECURITY, stage::FULL, text, NOT_AUTHENTIC)
    }),
    ("AuthMethod twice", |target| {
        let text = "AuthMethod=CHAP\0AuthMethod=CHAP\0";
        refused_first(target, stage::SECURITY, stage::FULL, text, INITIATOR_ERROR)
    }),
    ("no digest that is known", |target| {
        let mut connection = target.connect()?;
        let text = target.names.keys() + "AuthMethod=CHAP\0";
        want(connection.ask(stage::SECURITY, None, &text)?.0, SUCCESS)?;
        let (status, _) = connection.ask(stage::SECURITY, None, "CHAP_A=99,,0\0")?;
        want(status, NOT_AUTHENTIC)
    }),
    ("the stage after AuthMethod left out", |target| {
        let mut connection = target.connect()?;
        let text = target.names.keys() + "AuthMethod=CHAP\0";
        want(connection.ask(stage::SECURITY, None, &text)?.0, SUCCESS)?;
        let (status, _) = connection.ask(stage::OPERATIONAL, Some(stage::FULL), "")?;
        want(status, INVALID)
    }),
    ("the wrong secret", |target| {
        let answer = |it: &Challenged| {
            let response = proof(it.id, TARGET_SECRET, &it.challenge);
            format!("CHAP_N={USER}\0CHAP_R={response}\0")
        };
        refused(target, answer, NOT_AUTHENTIC)
    }),
    ("the wrong name", |target| {
        let answer = |it: &Challenged| format!("CHAP_N=writer\0CHAP_R={}\0", it.response());
        refused(target, answer, NOT_AUTHENTIC)
    }),
    ("the name in capitals", |target| {
        let answer = |it: &Challenged| format!("CHAP_N=READER\0CHAP_R={}\0", it.response());
        refused(target, answer, NOT_AUTHENTIC)
    }),
    ("an empty name", |target| {
        let answer = |it: &Challenged| format!("CHAP_N=\0CHAP_R={}\0", it.response());
        refused(target, answer, NOT_AUTHENTIC)
    }),
    ("an empty response", |target| {
        let answer = |_: &Challenged| format!("CHAP_N={USER}\0CHAP_R=0x\0");
        refused(target, answer, NOT_AUTHENTIC)
    }),
    ("half of the response", |target| {
        let answer = |it: &Challenged| format!("CHAP_N={USER}\0CHAP_R={}\0", &it.response()[..34]);
        refused(target, answer, NOT_AUTHENTIC)
    }),
    ("no response", |target| {
        refused(target, |_| format!("CHAP_N={USER}\0"), NOT_AUTHENTIC)
    }),
    ("nothing", |target| {
        refused(target, |_| String::new(), NOT_AUTHENTIC)
    }),
    ("a response twice", |target| {
        let answer = |it: &Challenged| format!("{}CHAP_R={}\0", it.proof(), it.response());
        refused(target, answer, INITIATOR_ERROR)
    }),
    ("the response to an older challenge", |target| {
        let older = Challenged::new(target)?.proof();
        let (status, _) = Challenged::new(target)?.answer(&older)?;
        want(status, NOT_AUTHENTIC)
    }),
    ("a challenge where the target has no secret", |target| {
        let answer = |it: &Challenged| format!("{}CHAP_I=1\0CHAP_C=0x1234\0", it.proof());
        refused(target, answer, NOT_AUTHENTIC)
    }),
];

const MUTUAL: [Case; 8] = [
    ("both prove who they are", |target| {
        let mut challenged = Challenged::new(target)?;
        let challenge = [7; 24];
        let asked = format!("CHAP_I=200\0CHAP_C={}\0", hex(&challenge));
        let (status, pdu) = challenged.answer(&(challenged.proof() + &asked))?;
        want(status, SUCCESS)?;
        let name = pdu.value("CHAP_N");
        ensure!(name.as_deref() == Some(TARGET_USER), "{name:?}");
        let response = pdu.value("CHAP_R").context("no CHAP_R")?;
        let wanted = proof(200, TARGET_SECRET, &challenge);
        ensure!(response == wanted, "{response}, and not {wanted}");
        proceed(challenged.connection, &pdu)
    }),
    ("a challenge of 1024 bytes", |target| {
        let mut challenged = Challenged::new(target)?;
        let asked = format!("CHAP_I=0\0CHAP_C={}\0", hex(&[1; 1024]));
        let (status, pdu) = challenged.answer(&(challenged.proof() + &asked))?;
        want(status, SUCCESS)?;
        proceed(challenged.connection, &pdu)
    }),
    ("the target's own challenge", |target| {
        let answer = |it: &Challenged| {
            format!(
                "{}CHAP_I={}\0CHAP_C={}\0",
                it.proof(),
                it.id,
                hex(&it.challenge)
            )
        };
        refused(target, answer, NOT_AUTHENTIC)
    }),
    ("no challenge", |target| {
        refused(target, Challenged::proof, NOT_AUTHENTIC)
    }),
    ("an identifier without a challenge", |target| {
        let answer = |it: &Challenged| format!("{}CHAP_I=1\0", it.proof());
        refused(target, answer, NOT_AUTHENTIC)
    }),
    ("an empty challenge", |target| {
        let answer = |it: &Challenged| format!("{}CHAP_I=1\0CHAP_C=0x\0", it.proof());
        refused(target, answer, NOT_AUTHENTIC)
    }),
    ("a challenge that is too long", |target| {
        let answer =
            |it: &Challenged| format!("{}CHAP_I=1\0CHAP_C={}\0", it.proof(), hex(&[1; 1025]));
        refused(target, answer, NOT_AUTHENTIC)
    }),
    ("an identifier above 255", |target| {
        let answer = |it: &Challenged| format!("{}CHAP_I=256\0CHAP_C=0x1234\0", it.proof());
        refused(target, answer, NOT_AUTHENTIC)
    }),
];

// What a hostile initiator does.

/// Reads what still comes, up to the end of the connection, which must come: at once, and not only
/// since the target finds the initiator silent.
fn ended(connection: &mut Connection) -> Result<()> {
    let start = Instant::now();
    while connection.receive()?.is_some() {}
    ensure!(start.elapsed() < LATE, "it goes on");
    Ok(())
}

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

/// The next PDU, of this kind.
fn answered(connection: &mut Connection, wanted: u8) -> Result<Pdu> {
    let pdu = connection.receive()?.context("the target hangs up")?;
    ensure!(pdu.opcode() == wanted, "not {wanted:#x}: {pdu:?}");
    Ok(pdu)
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

/// A write of 64 KiB that the target has asked for the data of: the request.
fn asked(connection: &mut Connection) -> Result<Pdu> {
    let write = write(connection, 128);
    connection.send(&write)?;
    answered(connection, reply::R2T)
}

/// A write of so many blocks of 512 bytes.
fn write(connection: &mut Connection, blocks: u8) -> Pdu {
    let length = u32::from(blocks) * 512;
    connection.command(0xa0, length, &[0x2a, 0, 0, 0, 0, 0, 0, 0, blocks, 0])
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

/// PERSISTENT RESERVE OUT, SPC-4 section 6.16, which must succeed.
fn reserve(
    connection: &mut Connection,
    action: u8,
    kind: u8,
    key: u8,
    action_key: u8,
) -> Result<()> {
    let mut list = [0; 24];
    (list[7], list[15]) = (key, action_key);
    let cdb = [0x5f, action, kind, 0, 0, 0, 0, 0, 24, 0];
    let command = connection.command(0xa0, 24, &cdb).with(&list);
    connection.send(&command)?;
    loop {
        let pdu = connection.receive()?.context("the target hangs up")?;
        if pdu.opcode() == reply::RESPONSE && pdu.field(16) == command.field(16) {
            let status = pdu.header[3];
            // What has happened before is reported once.
            if status == 2 && pdu.data.get(4) == Some(&6) {
                return reserve(connection, action, kind, key, action_key);
            }
            ensure!(status == 0, "action {action}: status {status:#x}");
            return Ok(());
        }
    }
}

/// Sends data for a request in which something is wrong: the write fails, the session goes on.
fn wrong_data(target: &Target, spoil: fn(&mut Pdu)) -> Result<()> {
    let mut connection = target.session("")?;
    let r2t = asked(&mut connection)?;
    let data = connection.data_out(r2t.field(16), r2t.field(20), 0, r2t.field(40));
    let mut data = data.with(&[0x5a; 4096]);
    spoil(&mut data);
    connection.send(&data)?;
    let response = answered(&mut connection, reply::RESPONSE)?;
    // ABORTED COMMAND: the initiator tries again.
    let key = response.data.get(4).map(|byte| byte & 0xf);
    ensure!(
        response.header[3] == 2 && key == Some(0xb),
        "no ABORTED COMMAND: {response:?}"
    );
    connection.inquire()?;
    connection.log_out()
}

fn set(pdu: &mut Pdu, offset: usize, value: u32) {
    pdu.header[offset..offset + 4].copy_from_slice(&value.to_be_bytes());
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
    ensure!(response.header[3] == 2, "not failed: {response:?}");
    connection.inquire()?;
    connection.log_out()
}

/// How many requests of 4 KB, as parts of one text, are surely too many.
const MANY: usize = 100;

const HOSTILE: [Case; 46] = [
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
    ("a number that was left out", |target| {
        fatal(target, |it| {
            it.cmd_sn += 1;
            it.command(0x80, 0, &[0; 6])
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
        wrong_data(target, |data| set(data, 40, 4096))
    }),
    ("data at an offset that wraps", |target| {
        wrong_data(target, |data| set(data, 40, 0xffff_fe00))
    }),
    ("data with the wrong number", |target| {
        wrong_data(target, |data| set(data, 36, 1))
    }),
    ("data for another request", |target| {
        wrong_data(target, |data| {
            let tag = data.field(20);
            set(data, 20, tag ^ 1);
        })
    }),
    ("too few data", |target| wrong_data(target, |_| {})),
    ("no data at all", |target| {
        wrong_data(target, |data| {
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

/// A task management function on LUN 0, which must be complete.
fn manage(connection: &mut Connection, function: u8, task: u32) -> Result<()> {
    let fields = [
        (16, connection.tag),
        (20, task),
        (24, connection.cmd_sn),
        (28, connection.exp_stat_sn),
    ];
    let tag = connection.tag;
    connection.tag += 1;
    connection.send(&Pdu::new(0x42, 0x80 | function, &fields))?;
    loop {
        let pdu = connection.receive()?.context("the target hangs up")?;
        if pdu.opcode() == 0x22 && pdu.field(16) == tag {
            ensure!(pdu.header[2] == 0, "response {}", pdu.header[2]);
            return Ok(());
        }
    }
}

/// Begins a read, which takes the backstore more than a second; its tag.
fn read(connection: &mut Connection) -> Result<u32> {
    let command = connection.command(0xc0, 512, &[0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    connection.send(&command)?;
    Ok(command.field(16))
}

/// What happens to commands that the backstore has.
const SLOW: [Case; 5] = [
    ("PREEMPT AND ABORT during a read", |target| {
        let mut holder = target.by("holder").session("")?;
        // REGISTER, and RESERVE for registrants only.
        reserve(&mut holder, 0, 0, 0, 2)?;
        reserve(&mut holder, 1, 5, 2, 0)?;
        let mut connection = target.session("")?;
        reserve(&mut connection, 0, 0, 0, 1)?;
        read(&mut connection)?;
        // The read is aborted, for which its response has to be given back meanwhile.
        reserve(&mut connection, 5, 5, 1, 2)?;
        reserve(&mut connection, 3, 0, 1, 0)?;
        connection.log_out()
    }),
    ("a login of the same port during a read", |target| {
        let mut older = target.session("")?;
        read(&mut older)?;
        let mut newer = target.connect()?;
        newer.log_in(&target.names, "")?;
        ended(&mut older)?;
        newer.inquire()?;
        newer.log_out()
    }),
    ("ABORT TASK during a read", |target| {
        let mut connection = target.session("")?;
        let tag = read(&mut connection)?;
        manage(&mut connection, 1, tag)?;
        connection.inquire()?;
        connection.log_out()
    }),
    ("LUN RESET by another session", |target| {
        let mut one = target.session("")?;
        asked(&mut one)?;
        read(&mut one)?;
        let mut other = target.connect()?;
        other.isid[5] = 2;
        other.log_in(&target.names, "")?;
        other.inquire()?;
        manage(&mut other, 5, NO_TAG)?;
        other.log_out()?;
        one.inquire()?;
        one.log_out()
    }),
    ("an end during 32 reads", |target| {
        let mut connection = target.session("")?;
        for _ in 0..32 {
            read(&mut connection)?;
        }
        drop(connection);
        target.visit()
    }),
];

/// How much the clocks of both sides may be apart, and how late a busy machine may be.
const EARLY: Duration = Duration::from_millis(500);
const LATE: Duration = Duration::from_secs(8);

/// Says nothing, until the target hangs up: not before so many seconds, nor much later.
fn is_dropped(mut connection: Connection, seconds: u64) -> Result<()> {
    let start = Instant::now();
    while connection.receive()?.is_some() {}
    is_time(start, seconds)
}

/// Whether so many seconds have gone by, and not many more.
fn is_time(start: Instant, seconds: u64) -> Result<()> {
    let (taken, wanted) = (start.elapsed(), Duration::from_secs(seconds));
    ensure!(
        taken + EARLY >= wanted && taken < wanted + LATE,
        "after {taken:?}, and not {wanted:?}"
    );
    Ok(())
}

/// The times are those that the guest's script has set.
const SILENT: [Case; 4] = [
    ("nothing at all", |target| is_dropped(target.connect()?, 15)),
    ("a login that does not go on", |target| {
        let mut connection = target.connect()?;
        want(connection.ask(1, None, &target.names.keys())?.0, SUCCESS)?;
        is_dropped(connection, 5)
    }),
    ("data that never come", |target| {
        let mut connection = target.session("")?;
        asked(&mut connection)?;
        // It answers pings, so that it is not dropped for its silence.
        let start = Instant::now();
        while let Some(pdu) = connection.receive()? {
            let fields = [(16, NO_TAG), (20, pdu.field(20)), (24, connection.cmd_sn)];
            if pdu.opcode() == 0x20 && connection.send(&Pdu::new(0x40, 0x80, &fields)).is_err() {
                break;
            }
        }
        is_time(start, 2)
    }),
    ("no answer to a ping", |target| {
        let mut connection = target.session("")?;
        let start = Instant::now();
        let ping = answered(&mut connection, 0x20)?;
        ensure!(ping.field(16) == NO_TAG, "{ping:?}");
        let taken = start.elapsed();
        ensure!(taken + EARLY >= Duration::from_secs(1), "pinged at once");
        is_dropped(connection, 3)
    }),
];

/// Holds so many connections that never log in, and logs in. One that was there before all of them,
/// and comes from another machine, by an address of the portal's, can still log in.
fn flood(target: &Target, other: SocketAddr, count: u64) -> Result<()> {
    let mut early = Connection::new(other)?;
    let held: Vec<_> = (0..count)
        .map(|_| target.connect())
        .collect::<Result<_>>()?;
    let start = Instant::now();
    early.log_in(&target.by("early").names, "")?;
    early.log_out()?;
    target.visit()?;
    let seconds = start.elapsed().as_secs_f64();
    println!("a login beside {} others in {seconds:.1} s", held.len());
    ensure!(seconds < 5.0, "that is too long");
    Ok(())
}

/// Holds as many sessions as a portal group takes: the next is refused, until one has logged out.
fn crowd(target: &Target, most: u64) -> Result<()> {
    let mut held: Vec<_> = (0..most)
        .map(|index| target.by(index).session(""))
        .collect::<Result<_>>()?;
    let text = target.names.keys();
    let (status, _) = target.connect()?.ask(1, Some(stage::FULL), &text)?;
    want(status, OUT_OF_RESOURCES)?;
    // Who logs in again takes the place of the session before.
    let mut again = target.by(0).session("")?;
    ended(&mut held[0])?;
    again.log_out()?;
    target.visit()
}

// Load.

/// The first block that is used. Where LUN 0 is not linked, target core has one of its own there, of
/// 64 blocks, that says of every read that it went well.
const START: u32 = 64;

/// The blocks of 512 bytes that a write has, and the writes that an initiator's part of the disk
/// has room for.
const BLOCKS: u8 = 8;
const PLACES: usize = 8;

/// An initiator that goes on whatever happens to it.
struct Insistent {
    target: Target,
    /// Where its part of the disk begins, in blocks.
    start: u32,
    session: Option<Connection>,
    /// What must be at each place, if that is known.
    expected: [Option<u8>; PLACES],
    rng: Rng,
    done: u64,
    broken: u64,
    gone: u64,
}

/// So many initiators at once write and read for so many seconds. Connections may break and
/// commands fail, but what a write was answered for is there, nothing hangs, and at the end all works.
fn load(target: &Target, initiators: u64, seconds: u64) -> Result<()> {
    println!("begun");
    let end = Instant::now() + Duration::from_secs(seconds);
    let figures = each(initiators, |index| {
        let mut one = Insistent {
            target: target.by(index),
            start: START + u32::try_from(index)? * u32::from(BLOCKS) * u32::try_from(PLACES)?,
            session: None,
            expected: [None; PLACES],
            rng: Rng::with_seed(index),
            done: 0,
            broken: 0,
            gone: 0,
        };
        while Instant::now() < end {
            let place = one.rng.usize(..PLACES);
            one.attempt(place)?;
        }
        // Whatever has been done to the target is over.
        let patience = Instant::now() + Duration::from_secs(60);
        for place in 0..PLACES {
            let done = one.done;
            while one.done == done {
                ensure!(Instant::now() < patience, "it does not work again");
                one.attempt(place)?;
            }
        }
        Ok([one.done, one.broken, one.gone])
    })?;
    let [done, broken, gone] =
        [0, 1, 2].map(|index| figures.iter().map(|figures| figures[index]).sum::<u64>());
    println!("{done} writes, {broken} broken connections, {gone} of them without a word");
    Ok(())
}

impl Insistent {
    /// Reads a place, and writes it. It is an error if the data are not those that were written, or
    /// if the target says nothing.
    fn attempt(&mut self, place: usize) -> Result<()> {
        match self.exchange(place) {
            Ok(true) => {
                self.done += 1;
                Ok(())
            }
            Ok(false) => Ok(()),
            Err(error) if is_silence(&error) || self.session.is_some() => Err(error),
            Err(_) => {
                self.broken += 1;
                thread::sleep(Duration::from_millis(20));
                Ok(())
            }
        }
    }

    /// The same; whether all went well. An error with a session is one of the data.
    fn exchange(&mut self, place: usize) -> Result<bool> {
        // A session that breaks is dropped by the question marks.
        let mut session = match self.session.take() {
            Some(session) => session,
            None => {
                let mut session = self.target.connect()?;
                let login = session.log_in(&self.target.names, "");
                self.unless_gone(&mut session, login)?;
                session
            }
        };
        let address = self.start + u32::try_from(place)? * u32::from(BLOCKS);
        let [a, b, c, d] = address.to_be_bytes();
        let cdb = |opcode| [opcode, 0, a, b, c, d, 0, 0, BLOCKS, 0];
        let length = u32::from(BLOCKS) * 512;
        let command = session.command(0xc0, length, &cdb(0x28));
        session.send(&command)?;
        let read = finished(&mut session, command.field(16), &[]);
        let (status, data) = self.unless_gone(&mut session, read)?;
        let is_read = status == 0 && data.len() == length as usize;
        if let (true, Some(byte)) = (is_read, self.expected[place]) {
            if let Some(found) = data.iter().find(|found| **found != byte) {
                self.session = Some(session);
                bail!("block {address}: {found:#x}, and not {byte:#x}");
            }
        }
        let byte = self.rng.u8(..);
        self.expected[place] = None;
        let data = vec![byte; length as usize];
        let mut command = session.command(0xa0, length, &cdb(0x2a));
        if self.rng.bool() {
            command = command.with(&data);
        }
        session.send(&command)?;
        let written = finished(&mut session, command.field(16), &data);
        let (status, _) = self.unless_gone(&mut session, written)?;
        let is_written = status == 0;
        self.expected[place] = is_written.then_some(byte);
        self.session = Some(session);
        Ok(is_read && is_written)
    }

    /// The result, or another error than silence if the target has ended the connection without a
    /// word: the network drops a FIN or RST that it has no memory for, and tells nobody. What is
    /// sent to an end that is gone is answered by a reset, though.
    fn unless_gone<T>(&mut self, session: &mut Connection, result: Result<T>) -> Result<T> {
        let Err(error) = &result else {
            return result;
        };
        if is_silence(error) && (session.send_bytes(&[0]).is_err() || session.is_reset()) {
            self.gone += 1;
            bail!("the connection was gone without a word");
        }
        result
    }
}

/// The status of a command, and the data of a read; sends those of a write as they are asked for.
fn finished(session: &mut Connection, tag: u32, write: &[u8]) -> Result<(u8, Vec<u8>)> {
    let mut data = Vec::new();
    loop {
        let pdu = session.receive()?.context("the target hangs up")?;
        let is_mine = pdu.field(16) == tag;
        match pdu.opcode() {
            reply::DATA if is_mine => {
                data.extend(&pdu.data);
                if pdu.header[1] & 1 != 0 {
                    return Ok((pdu.header[3], data));
                }
            }
            reply::RESPONSE if is_mine => return Ok((pdu.header[3], data)),
            reply::R2T if is_mine => {
                let (offset, length) = (pdu.field(40), pdu.field(44));
                let part = write.get(offset as usize..(offset + length) as usize);
                let out = session.data_out(tag, pdu.field(20), 0, offset);
                session.send(&out.with(part.context("an R2T beyond the data")?))?;
            }
            // The target asks for a logout.
            0x32 => bail!("the target wants the session to end"),
            _ => {}
        }
    }
}

// Fuzzing.

/// For so many seconds: sessions whose PDUs are mutated.
fn fuzz(target: &Target, seconds: u64, seed: u64) -> Result<()> {
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut sessions, mut sent) = (0, 0);
    while Instant::now() < end {
        sessions += 1;
        sent += session(target, &mut rng).with_context(|| format!("session {sessions}"))?;
        if sessions % 16 == 0 {
            target.visit().context("after that")?;
        }
    }
    target.visit().context("at the end")?;
    println!("{sessions} sessions, {sent} PDUs");
    Ok(())
}

/// A session; how many PDUs were sent. It is no error that the target ends it.
fn session(target: &Target, rng: &mut Rng) -> Result<u32> {
    let mut connection = target.connect()?;
    let digests = [
        "",
        "HeaderDigest=CRC32C\0",
        "DataDigest=CRC32C\0",
        "HeaderDigest=CRC32C\0DataDigest=CRC32C\0",
    ];
    let keys = [
        "",
        "InitialR2T=No\0",
        "MaxBurstLength=1024\0",
        "MaxRecvDataSegmentLength=512\0",
    ];
    let digests = rng.choice(digests).unwrap_or_default();
    let text = target.names.keys() + digests + rng.choice(keys).unwrap_or_default();
    let mut ask = Some(if digests.is_empty() {
        let mut request = connection.login_request(stage::OPERATIONAL, Some(stage::FULL), &text);
        if rng.u8(..4) == 0 {
            mutate(&mut request, rng);
        }
        request
    } else {
        let (status, pdu) = connection.ask(stage::OPERATIONAL, Some(stage::FULL), &text)?;
        want(status, SUCCESS)?;
        connection.digests = agreed(&pdu);
        any(&mut connection, rng)
    });
    let stream = &connection.stream;
    stream.set_read_timeout(Some(Duration::from_millis(50)))?;
    stream.set_write_timeout(Some(Duration::from_secs(2)))?;
    let mut sent = 0;
    // What was asked for is answered, right or wrong.
    while let Some(mut pdu) = ask.take() {
        if sent > 0 && rng.u8(..3) == 0 {
            mutate(&mut pdu, rng);
        }
        if send(&mut connection, pdu, rng).is_err() || sent > 40 {
            break;
        }
        sent += 1;
        ask = match rng.u8(..3) {
            0 => match connection.receive() {
                Ok(Some(r2t)) if r2t.opcode() == reply::R2T => {
                    let length = r2t.field(44).min(8192) as usize;
                    let (tag, transfer) = (r2t.field(16), r2t.field(20));
                    let data = connection.data_out(tag, transfer, 0, r2t.field(40));
                    Some(data.with(&vec![3; length]))
                }
                Ok(None) => None,
                _ => Some(any(&mut connection, rng)),
            },
            _ => Some(any(&mut connection, rng)),
        };
    }
    Ok(sent)
}

/// Sends a PDU. Where it has digests, they are right for what its header says of lengths, so that
/// the target looks at the rest; but now and then a bit is turned over on the way.
fn send(connection: &mut Connection, mut pdu: Pdu, rng: &mut Rng) -> Result<()> {
    let digests = connection.digests;
    if digests.header {
        pdu.ahs.resize(usize::from(pdu.header[4]) * 4, 1);
    }
    if digests.data {
        // More than the target takes at once is refused by the header.
        let length = (pdu.field(4) & 0x00ff_ffff).min(65_536);
        pdu.data.resize(length as usize, 2);
    }
    let mut bytes = pdu.bytes_with(digests);
    if (digests.header || digests.data) && rng.u8(..16) == 0 {
        let index = rng.usize(..bytes.len());
        bytes[index] ^= 1 << rng.u8(..8);
    }
    connection.send_bytes(&bytes)
}

/// A PDU that is right.
fn any(connection: &mut Connection, rng: &mut Rng) -> Pdu {
    let numbers = |it: &Connection| [(16, it.tag), (24, it.cmd_sn), (28, it.exp_stat_sn)];
    match rng.u8(..10) {
        0 => connection.command(0x80, 0, &[0; 6]),
        1 => connection.command(0xc0, 4096, &[0x28, 0, 0, 0, 0, 0, 0, 0, 8, 0]),
        2 => write(connection, 8),
        3 => write(connection, 8).with(&[9; 4096]),
        // Data follow unasked.
        4 => connection.command(0x20, 4096, &[0x2a, 0, 0, 0, 0, 0, 0, 0, 8, 0]),
        5 => {
            let tag = connection.tag.wrapping_sub(1);
            connection.data_out(tag, NO_TAG, 0, 0).with(&[4; 1024])
        }
        6 => Pdu::new(0x40, 0x80, &numbers(connection)).with(b"ping"),
        7 => Pdu::new(0x44, 0x80, &numbers(connection)).with(b"SendTargets=All\0"),
        8 => {
            let mut pdu = Pdu::new(0x42, 0x80 | rng.u8(1..=8), &numbers(connection));
            set(&mut pdu, 20, connection.tag.wrapping_sub(1));
            pdu
        }
        _ => Pdu::new(0x46, 0x80, &numbers(connection)),
    }
}

/// Makes something wrong.
fn mutate(pdu: &mut Pdu, rng: &mut Rng) {
    let extremes = [0, 1, 0x7fff_ffff, 0x8000_0000, NO_TAG - 1, NO_TAG];
    match rng.u8(..8) {
        0 => pdu.header[rng.usize(..48)] ^= 1 << rng.u8(..8),
        1 => pdu.header[0] = rng.u8(..),
        2 => pdu.header[1] = rng.u8(..),
        3 => pdu.header[4] = *rng.choice(&[1, 2, 255]).unwrap_or(&1),
        4 => {
            let length = [[0; 3], [0xff; 3], [0, 0, 1], [0, 0xff, 0xff]];
            pdu.header[5..8].copy_from_slice(&rng.choice(length).unwrap_or_default());
        }
        5 => {
            let offset = 4 * rng.usize(4..12);
            set(pdu, offset, rng.choice(extremes).unwrap_or_default());
        }
        6 => {
            let near = pdu.field(24).wrapping_add(rng.u32(..3)).wrapping_sub(1);
            set(pdu, 24, near);
        }
        _ => {
            if let Some(byte) = rng.choice(&mut pdu.data) {
                *byte = rng.u8(..);
            }
        }
    }
}
