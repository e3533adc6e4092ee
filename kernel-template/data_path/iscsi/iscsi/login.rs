// SPDX-License-Identifier: GPL-2.0-only

//! The login phase (RFC 7143, section 6.3): stages, authentication and negotiation.

#![forbid(unsafe_code)]

mod identity;

use kernel::{prelude::*, str::BStr};

use super::{
    auth::Kernel,
    chap::{self, written, Chap},
    keys::{self, Parameters, Writer},
    link::{Link, Shown},
    negotiation::Negotiation,
    offer,
    pdu::{self, LoginStatus, Opcode, Reply, Request, Stage},
    receiver::{End, Sink},
    registry::Portal,
    sender::{After, Sender},
    session::Session,
    statistics, //
};
use crate::{socket::may_log, transport_id::PortName};

use identity::{value, Identity};

/// Maximum data segment of a login request, in bytes.
const SEGMENT_MAX: u32 = 8192;

/// Maximum text of a login request, which may span several PDUs, in bytes.
const TEXT_MAX: usize = 16_384;

/// Maximum text of a login response, in bytes: the MaxRecvDataSegmentLength of an initiator during
/// a login (RFC 7143, section 13.12).
const ANSWER_MAX: usize = 8192;

/// Outcome of a login request.
pub(super) enum Next {
    /// The login continues, or has failed.
    Login,
    /// The login is complete.
    Session(KBox<Session>),
}

/// A login in progress.
pub(super) struct Login {
    /// The initiator and target, known after the first request.
    identity: Option<Identity>,
    stage: Stage,
    negotiation: Negotiation,
    /// The CHAP handshake, if that method was chosen.
    chap: Option<KBox<Chap>>,
    /// Text of a request that continues in the next PDU.
    text: KVVec<u8>,
}

impl Login {
    /// Creates a login before its first request.
    pub(super) fn new() -> Self {
        Self {
            identity: None,
            stage: Stage::Security,
            negotiation: Negotiation::new(Parameters::DISCOVERY),
            chap: None,
            text: KVVec::new(),
        }
    }

    /// Returns the timeout of the login, in seconds. It is known after the first request.
    pub(super) fn timeout(&self) -> Option<u32> {
        let group = self.identity.as_ref()?.group.as_ref()?;
        Some(group.data().group.settings().login_timeout())
    }

    /// Logs the reason for the end of a login.
    pub(super) fn log_end(&self, link: &Link, why: &str) {
        // A connection without a login request, such as a monitor's, is not logged.
        if let Some(identity) = &self.identity {
            log_refusal(link, identity.name.as_bytes(), identity.target(), why);
        }
    }

    /// Handles the header of a login request. The I bit, which RFC 7143 requires (section 11.12),
    /// is ignored, as by iscsi_target_mod.
    ///
    /// # Errors
    ///
    /// Returns [`End::Now`] if it is another request.
    pub(super) fn begin(&mut self, request: &Request) -> Result<Sink, End> {
        let is_login = request.opcode() == Opcode::Login && request.data_length() <= SEGMENT_MAX;
        if is_login {
            Sink::buffer(request, SEGMENT_MAX)
        } else {
            Err(End::Now)
        }
    }

    /// Handles a login request after its text was received, and answers it.
    ///
    /// # Errors
    ///
    /// Returns the reason if the connection cannot continue.
    pub(super) fn complete(
        &mut self,
        portal: &Portal,
        sender: &mut Sender,
        request: &Request,
        text: &[u8],
    ) -> Result<Next, End> {
        let login = pdu::Login(request);
        let is_first = self.identity.is_none() && self.text.is_empty();
        if is_first {
            sender.begin_at(request.exp_stat_sn(), request.cmd_sn());
        }
        if self.text.len() + text.len() > TEXT_MAX || !self.is_same_login(&login) {
            return self.fail(portal, sender, &login, text, LoginStatus::INITIATOR_ERROR);
        }
        self.text.extend_from_slice(text, GFP_KERNEL)?;
        if request.is_continued() {
            let stage = login.current_stage().unwrap_or(Stage::Security);
            let reply = Reply::login(&login, 0, LoginStatus::SUCCESS).in_stage(stage, None);
            sender.reply(reply)?;
            return Ok(Next::Login);
        }
        let text = core::mem::replace(&mut self.text, KVVec::new());
        let mut place = KVVec::from_elem(0, ANSWER_MAX, GFP_KERNEL)?;
        let mut writer = Writer::new(&mut place);
        let next = match self.answer(portal, &login, &text, &mut writer) {
            Ok(next) => next,
            Err(status) => return self.fail(portal, sender, &login, &text, status),
        };
        let length = writer.length();
        place.truncate(length);
        let session = match (&self.identity, next) {
            (Some(identity), Some(Stage::FullFeature)) => {
                let agreed = self.negotiation.finish();
                match agreed.and_then(|agreed| identity.log_in(portal, sender, &agreed)) {
                    Ok(logged_in) => Some(logged_in),
                    Err(status) => return self.fail(portal, sender, &login, &text, status),
                }
            }
            _ => None,
        };
        let (session, tsih, after) = match session {
            Some((session, tsih)) => (Some(session), tsih, After::FullFeature),
            None => (None, 0, After::Nothing),
        };
        let reply = Reply::login(&login, tsih, LoginStatus::SUCCESS).in_stage(self.stage, next);
        sender.reply_with(reply, place, after)?;
        if let Some(next) = next {
            self.stage = next;
        }
        Ok(session.map_or(Next::Login, Next::Session))
    }

    /// Fails the login: logs and counts the reason, sends the status, and ends the connection.
    fn fail(
        &self,
        portal: &Portal,
        sender: &mut Sender,
        login: &pdu::Login<'_>,
        text: &[u8],
        status: LoginStatus,
    ) -> Result<Next, End> {
        let link = &sender.link;
        let (name, target, why) = match &self.identity {
            Some(identity) => (identity.name.as_bytes(), identity.target(), status.why()),
            None => {
                let name = value(text, b"InitiatorName").unwrap_or_default();
                let target = value(text, b"TargetName").unwrap_or_default();
                let why = match PortName::offending_byte(name) {
                    Some(_) => "the initiator name has a comma or control character",
                    None => status.why(),
                };
                (name, target, why)
            }
        };
        log_refusal(link, name, target, why);
        if let Some(group) = PortName::parse(target).and_then(|target| portal.group(&target)) {
            // The name may have a line feed, which would begin a line of the attribute.
            let is_printable = PortName::offending_byte(name).is_none();
            let name = if is_printable { name } else { b"" };
            statistics::of(&group).fail_login(status, name, link);
        }
        let reply = Reply::login(login, 0, status);
        sender.reply_with(reply, KVVec::new(), After::Close)?;
        Ok(Next::Login)
    }

    /// Returns true if a request may belong to this login: it does not have both the T and the C
    /// bit, and its ISID, task tag and versions are those of the first request (RFC 7143, sections
    /// 11.12.2 to 11.12.8).
    fn is_same_login(&self, login: &pdu::Login<'_>) -> bool {
        let is_whole = !(login.is_transit() && login.0.is_continued());
        let first = self.identity.as_ref().map(|identity| &identity.request);
        is_whole && first.is_none_or(|first| pdu::Login(first).is_continued_by(login))
    }

    /// Answers the text of a request. Returns the next stage if this one is complete.
    fn answer(
        &mut self,
        portal: &Portal,
        login: &pdu::Login<'_>,
        text: &[u8],
        writer: &mut Writer<'_>,
    ) -> Result<Option<Stage>, LoginStatus> {
        let current = login.current_stage();
        let stage = current.ok_or(LoginStatus::INVALID_REQUEST)?;
        let is_first = self.identity.is_none();
        if is_first {
            let identity = Identity::new(portal, login, text)?;
            self.negotiation = Negotiation::new(offer(identity.group.as_deref()));
            self.identity = Some(identity);
            self.stage = stage;
        }
        let Some(identity) = &self.identity else {
            return Err(LoginStatus::INITIATOR_ERROR);
        };
        if stage != self.stage || stage == Stage::FullFeature {
            return Err(LoginStatus::INVALID_REQUEST);
        }
        if is_first {
            identity.introduce(writer)?;
        }
        let begins = self.chap.is_none();
        let mut proof = chap::Keys::default();
        for pair in keys::pairs(text) {
            let (key, value) = pair.ok_or(LoginStatus::INITIATOR_ERROR)?;
            self.negotiation.note(key)?;
            if proof.take(key, value) {
                continue;
            }
            let answer = match key {
                b"AuthMethod" if stage == Stage::Security => {
                    Some(identity.choose(portal, value, &mut self.chap)?)
                }
                b"AuthMethod" => return Err(LoginStatus::INITIATOR_ERROR),
                b"SessionType" if is_first => None,
                b"SessionType" => return Err(LoginStatus::INITIATOR_ERROR),
                b"InitiatorName" | b"TargetName" | b"InitiatorAlias" => {
                    identity.verify(key, value)?;
                    None
                }
                _ => self.negotiation.take(key, value)?,
            };
            if let Some(answer) = answer {
                written(writer.pair(key, answer))?;
            }
        }
        match &mut self.chap {
            Some(chap) if stage == Stage::Security && !begins => {
                identity.with_credentials(portal, |credentials| {
                    chap.answer::<Kernel>(&proof, credentials, writer)
                })?;
            }
            // CHAP keys outside of a handshake.
            _ if !proof.is_empty() => return Err(LoginStatus::AUTHENTICATION_FAILURE),
            _ => {}
        }
        let mut is_settled = true;
        if stage == Stage::Operational {
            let proposals = self.negotiation.propose(writer);
            is_settled = proposals.ok_or(LoginStatus::OUT_OF_RESOURCES)? == 0;
        }
        if !login.is_transit() {
            return Ok(None);
        }
        let next = login.next_stage();
        let next = next.filter(|next| *next > stage);
        let next = next.ok_or(LoginStatus::INVALID_REQUEST)?;
        match &self.chap {
            Some(chap) if !chap.is_done() => return Ok(None),
            None if identity.authenticates => return Err(LoginStatus::AUTHENTICATION_FAILURE),
            _ => {}
        }
        Ok(is_settled.then_some(next))
    }
}

/// Logs the failure of a login. The names, which may be long, come last: the log truncates long
/// lines.
fn log_refusal(link: &Link, name: &[u8], target: &[u8], why: &str) {
    if may_log() {
        pr_warn!(
            "login from {:?} refused: {} (initiator {}, target {})\n",
            Shown(link.address),
            why,
            BStr::from_bytes(name),
            BStr::from_bytes(target)
        );
    }
}
