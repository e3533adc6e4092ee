// SPDX-License-Identifier: GPL-2.0-only

//! Authentication by CHAP, and attempts to bypass it.

use anyhow::{Context, Result, ensure};
use xtask::initiator::{Connection, Pdu, bytes, hex, proof, stage};

use super::{Case, INITIATOR_ERROR, INVALID, NOT_AUTHENTIC, SUCCESS, Target, want};

/// Credentials, which the guest's script sets.
const USER: &str = "reader";
const SECRET: &str = "a secret of the initiator's";
const TARGET_USER: &str = "librarian";
const TARGET_SECRET: &str = "a secret of the target's";

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

    /// Offers digests, and reads the challenge.
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

    /// The correct answer.
    fn proof(&self) -> String {
        format!("CHAP_N={USER}\0CHAP_R={}\0", self.response())
    }

    /// Sends an answer with a transition to the next stage. Returns the status and the response.
    fn answer(&mut self, text: &str) -> Result<(u16, Pdu)> {
        self.connection
            .ask(stage::SECURITY, Some(stage::OPERATIONAL), text)
    }
}

/// Completes the login after a handshake, and checks that the session works.
fn proceed(mut connection: Connection, pdu: &Pdu) -> Result<()> {
    ensure!(pdu.header[1] & 0x80 != 0, "the stage does not end");
    let (status, pdu) = connection.ask(stage::OPERATIONAL, Some(stage::FULL), "")?;
    want(status, SUCCESS)?;
    ensure!(pdu.header[1] & 0x83 == 0x83, "the login does not end");
    connection.log_out()
}

/// Checks that a first request is refused with a status.
fn refused_first(target: &Target, current: u8, next: u8, text: &str, wanted: u16) -> Result<()> {
    let text = target.names.keys() + text;
    let (status, _) = target.connect()?.ask(current, Some(next), &text)?;
    want(status, wanted)
}

/// Checks that an answer to the challenge is refused with a status.
fn refused(target: &Target, answer: fn(&Challenged) -> String, wanted: u16) -> Result<()> {
    let mut challenged = Challenged::new(target)?;
    let text = answer(&challenged);
    let (status, _) = challenged.answer(&text)?;
    want(status, wanted)?;
    // The target closes the connection.
    ensure!(
        challenged.connection.receive()?.is_none(),
        "the connection stays open"
    );
    Ok(())
}

pub(super) const ONE_WAY: [Case; 22] = [
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
        ensure!(pdu.header[1] & 0x80 == 0, "logged in without a proof");
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

/// The method that the target chooses from a list.
fn method(target: &Target, methods: &str) -> Result<Option<String>> {
    let text = format!("{}AuthMethod={methods}\0", target.names.keys());
    let (status, pdu) = target.connect()?.ask(stage::SECURITY, None, &text)?;
    want(status, SUCCESS)?;
    Ok(pdu.value("AuthMethod"))
}

/// Optional authentication with credentials: the target chooses the first method that both sides
/// support (RFC 7143, section 6.2.1).
pub(super) const OPTIONAL: [Case; 4] = [
    ("None before CHAP", |target| {
        let chosen = method(target, "None,CHAP")?;
        ensure!(chosen.as_deref() == Some("None"), "{chosen:?}");
        target.visit()
    }),
    ("CHAP before None", |target| {
        let chosen = method(target, "KRB5,CHAP,None")?;
        ensure!(chosen.as_deref() == Some("CHAP"), "{chosen:?}");
        Ok(())
    }),
    ("the right secret", |target| {
        let mut challenged = Challenged::new(target)?;
        let (status, pdu) = challenged.answer(&challenged.proof())?;
        want(status, SUCCESS)?;
        proceed(challenged.connection, &pdu)
    }),
    ("the wrong secret", |target| {
        let answer = |it: &Challenged| {
            let response = proof(it.id, TARGET_SECRET, &it.challenge);
            format!("CHAP_N={USER}\0CHAP_R={response}\0")
        };
        refused(target, answer, NOT_AUTHENTIC)
    }),
];

pub(super) const MUTUAL: [Case; 8] = [
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
        ensure!(response == wanted, "{response} instead of {wanted}");
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
    ("no challenge: the initiator decides", |target| {
        let mut challenged = Challenged::new(target)?;
        let (status, pdu) = challenged.answer(&challenged.proof())?;
        want(status, SUCCESS)?;
        ensure!(pdu.value("CHAP_R").is_none(), "{pdu:?}");
        proceed(challenged.connection, &pdu)
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
