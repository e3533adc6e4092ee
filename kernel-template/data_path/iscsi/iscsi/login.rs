// SPDX-License-Identifier: GPL-2.0-only

//! The login phase: who the initiator is, which target it wants, and what both agree on (RFC 7143,
//! section 6.3).

#![forbid(unsafe_code)]

use core::sync::atomic::AtomicBool;

use kernel::{prelude::*, str::BStr, sync::Arc};

use super::{
    auth::Kernel,
    c_name,
    chap::{self, written, Chap, Credentials},
    is_listed,
    keys::{self, Parameters, Value, Writer},
    link::{Link, Peer, Shown},
    negotiation::Negotiation,
    offer,
    pdu::{self, LoginStatus, Opcode, Reply, Request, Stage},
    portal::{Portal, Registry},
    receiver::{End, Sink},
    sender::{After, Sender},
    session::{Normal, Session},
    target_name, //
};
use crate::{
    crypto,
    socket::may_log,
    target::{ARef, HeldNodeAcl, Nexus, Operations, ProtectionOps, Tpg},
    transport_id::PortName,
    Fabric, //
};

/// The longest data segment of a login request, in bytes.
const SEGMENT_MAX: u32 = 8192;

/// The longest text of a login request, which may be of many PDUs, in bytes.
const TEXT_MAX: usize = 16_384;

/// The longest text that the target answers with, in bytes: the longest data segment that an
/// initiator takes during a login (RFC 7143, section 13.12).
const ANSWER_MAX: usize = 8192;

/// Outcome of a login request.
pub(super) enum Next {
    /// The login goes on, or fails.
    Login,
    /// The login is complete.
    Session(KBox<Session>),
}

/// A login that is under way.
pub(super) struct Login {
    /// Facts of the first request.
    leader: Option<Leader>,
    stage: Stage,
    negotiation: Negotiation,
    /// The handshake, once both want one.
    chap: Option<KBox<Chap>>,
    /// The text of requests that go on.
    text: KVVec<u8>,
}

/// Facts that hold from the first request on.
struct Leader {
    name: PortName,
    isid: pdu::Isid,
    cid: u16,
    /// The portal group; a discovery session has none.
    group: Option<ARef<Tpg<Fabric>>>,
    /// True if it has to authenticate itself.
    authenticates: bool,
    /// Its first request.
    request: Request,
}

impl Login {
    /// A login that has not begun.
    pub(super) fn new() -> Self {
        Self {
            leader: None,
            stage: Stage::Security,
            negotiation: Negotiation::new(Parameters::DISCOVERY),
            chap: None,
            text: KVVec::new(),
        }
    }

    /// Returns the timeout of the login, in seconds, once it is known.
    pub(super) fn timeout(&self) -> Option<u32> {
        let group = self.leader.as_ref()?.group.as_ref()?;
        Some(group.data().group.settings().login_timeout())
    }

    /// Says in the log why a login has ended.
    pub(super) fn log_end(&self, link: &Link, why: &str) {
        // A connection that comes to nothing, such as a monitor's, is not worth a line.
        if let Some(leader) = &self.leader {
            log_refusal(link, leader.name.as_bytes(), leader.target(), why);
        }
    }

    /// Takes a header. It need not have the I bit that RFC 7143 wants of a login request (section
    /// 11.12): iscsi_target_mod does not look at the bit.
    ///
    /// # Errors
    ///
    /// If it is no login request.
    pub(super) fn begin(&mut self, request: &Request) -> Result<Sink, End> {
        let is_login = request.opcode() == Opcode::Login && request.data_length() <= SEGMENT_MAX;
        if is_login {
            Sink::buffer(request, SEGMENT_MAX)
        } else {
            Err(End::Now)
        }
    }

    /// Takes a whole login request and answers it.
    ///
    /// # Errors
    ///
    /// If the connection cannot go on.
    pub(super) fn complete(
        &mut self,
        portal: &Portal,
        link: &Arc<Link>,
        sender: &mut Sender,
        request: &Request,
        text: &[u8],
    ) -> Result<Next, End> {
        let login = pdu::Login(request);
        let is_first = self.leader.is_none() && self.text.is_empty();
        if is_first {
            sender.begin_at(request.exp_stat_sn(), request.cmd_sn());
        }
        if self.text.len() + text.len() > TEXT_MAX || !self.is_same_login(&login) {
            return self.fail(link, sender, &login, text, LoginStatus::INITIATOR_ERROR);
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
            Err(status) => return self.fail(link, sender, &login, &text, status),
        };
        let length = writer.length();
        place.truncate(length);
        let session = match (&self.leader, next) {
            (Some(leader), Some(Stage::FullFeature)) => {
                let agreed = self.negotiation.finish();
                match agreed.and_then(|agreed| leader.log_in(portal, link, sender, &agreed)) {
                    Ok(logged_in) => Some(logged_in),
                    Err(status) => return self.fail(link, sender, &login, &text, status),
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

    /// Answers that the login fails, says so in the log, and ends the connection.
    fn fail(
        &self,
        link: &Link,
        sender: &mut Sender,
        login: &pdu::Login<'_>,
        text: &[u8],
        status: LoginStatus,
    ) -> Result<Next, End> {
        match &self.leader {
            Some(leader) => {
                log_refusal(link, leader.name.as_bytes(), leader.target(), status.why());
            }
            None => {
                let name = value(text, b"InitiatorName").unwrap_or_default();
                let target = value(text, b"TargetName").unwrap_or_default();
                match PortName::offending_byte(name) {
                    Some(_) => log_refusal(
                        link,
                        name,
                        target,
                        "its name has a comma or control character",
                    ),
                    None => log_refusal(link, name, target, status.why()),
                }
            }
        }
        let reply = Reply::login(login, 0, status);
        sender.reply_with(reply, KVVec::new(), After::Close)?;
        Ok(Next::Login)
    }

    /// Returns true if a request may be of this login: T and C exclude each other, and its ISID,
    /// task tag and versions are those of the first one (RFC 7143, sections 11.12.2 to 11.12.8).
    fn is_same_login(&self, login: &pdu::Login<'_>) -> bool {
        let is_whole = !(login.is_transit() && login.0.is_continued());
        let first = self.leader.as_ref().map(|leader| &leader.request);
        is_whole && first.is_none_or(|first| pdu::Login(first).is_continued_by(login))
    }

    /// Answers the text of a request; the stage to go to, if it is time.
    fn answer(
        &mut self,
        portal: &Portal,
        login: &pdu::Login<'_>,
        text: &[u8],
        writer: &mut Writer<'_>,
    ) -> Result<Option<Stage>, LoginStatus> {
        let current = login.current_stage();
        let stage = current.ok_or(LoginStatus::INVALID_REQUEST)?;
        let is_first = self.leader.is_none();
        if is_first {
            let leader = Leader::new(portal, login, text)?;
            self.negotiation = Negotiation::new(offer(leader.group.as_deref()));
            self.leader = Some(leader);
            self.stage = stage;
        }
        let Some(leader) = &self.leader else {
            return Err(LoginStatus::INITIATOR_ERROR);
        };
        if stage != self.stage || stage == Stage::FullFeature {
            return Err(LoginStatus::INVALID_REQUEST);
        }
        if is_first {
            leader.introduce(writer)?;
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
                    Some(leader.choose(portal, value, &mut self.chap)?)
                }
                b"AuthMethod" => return Err(LoginStatus::INITIATOR_ERROR),
                b"SessionType" if is_first => None,
                b"SessionType" => return Err(LoginStatus::INITIATOR_ERROR),
                b"InitiatorName" | b"TargetName" | b"InitiatorAlias" => {
                    leader.verify(key, value)?;
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
                leader.with_credentials(portal, |credentials| {
                    chap.answer::<Kernel>(&proof, credentials, writer)
                })?;
            }
            // It is too early for a proof, or too late.
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
            None if leader.authenticates => return Err(LoginStatus::AUTHENTICATION_FAILURE),
            _ => {}
        }
        Ok(is_settled.then_some(next))
    }
}

impl Leader {
    /// Reads what the first request of a login has to say.
    fn new(portal: &Portal, login: &pdu::Login<'_>, text: &[u8]) -> Result<Self, LoginStatus> {
        if login.version_min() != 0 {
            return Err(LoginStatus::UNSUPPORTED_VERSION);
        }
        let missing = LoginStatus::MISSING_PARAMETER;
        let name = value(text, b"InitiatorName").and_then(PortName::parse_initiator);
        let name = name.ok_or(missing)?;
        let group = match value(text, b"SessionType") {
            Some(b"Discovery") => None,
            Some(b"Normal") | None => {
                let target = value(text, b"TargetName").ok_or(missing)?;
                Some(find(portal, target, &name)?)
            }
            Some(_) => return Err(LoginStatus::SESSION_TYPE),
        };
        if login.tsih() != 0 {
            // One connection a session: no other can join it.
            let is_known = group.as_ref().is_some_and(|group| {
                let sessions = group.data().group.sessions.lock();
                sessions
                    .iter()
                    .any(|peer| peer.tsih == login.tsih() && peer.name == name)
            });
            return Err(if is_known {
                LoginStatus::TOO_MANY_CONNECTIONS
            } else {
                LoginStatus::NO_SESSION
            });
        }
        let authenticates = match &group {
            Some(group) => authenticates(group, &name),
            None => {
                let enforces = portal.with_registry(|registry| registry.discovery.lock().enforces);
                enforces.ok_or(LoginStatus::SERVICE_UNAVAILABLE)?
            }
        };
        Ok(Self {
            name,
            isid: login.isid(),
            cid: login.cid(),
            group,
            authenticates,
            request: *login.0,
        })
    }

    /// The name of the target, or a word for a discovery session.
    fn target(&self) -> &[u8] {
        let group = self.group.as_deref();
        group.map_or(b"discovery".as_slice(), target_name)
    }

    /// Writes the keys of the first answer: the tag of the portal group, and the alias.
    fn introduce(&self, writer: &mut Writer<'_>) -> Result<(), LoginStatus> {
        let Some(group) = &self.group else {
            return Ok(());
        };
        let tag = Value::Number(Fabric::tpg_get_tag(group).into());
        written(writer.pair(b"TargetPortalGroupTag", tag))?;
        let kept = group.data().group.kept.lock();
        match kept.target_alias.as_bytes() {
            [] => Ok(()),
            alias => written(writer.pair(b"TargetAlias", Value::Text(alias))),
        }
    }

    /// Chooses how the initiator authenticates itself: the first of its methods that the target
    /// supports (RFC 7143, section 6.2.1). An initiator that need not authenticate itself may, if
    /// there are credentials for it.
    fn choose(
        &self,
        portal: &Portal,
        methods: &[u8],
        chap: &mut Option<KBox<Chap>>,
    ) -> Result<Value<'static>, LoginStatus> {
        let mut has_secret = false;
        self.with_credentials(portal, |credentials| {
            has_secret = credentials.has_secret();
            Ok(())
        })?;
        let chosen = keys::first_allowed(methods, |method| match method {
            b"CHAP" => self.authenticates || has_secret,
            b"None" => !self.authenticates,
            _ => false,
        });
        match chosen {
            Some(b"CHAP") => {}
            Some(_) => return Ok(Value::Text(b"None")),
            None => return Err(LoginStatus::AUTHENTICATION_FAILURE),
        }
        let begun = KBox::new(Chap::new(crypto::random()), GFP_KERNEL);
        *chap = Some(begun.map_err(|_| LoginStatus::OUT_OF_RESOURCES)?);
        Ok(Value::Text(b"CHAP"))
    }

    /// Looks at the credentials of the initiator and the target.
    fn with_credentials(
        &self,
        portal: &Portal,
        look: impl FnOnce(&Credentials<'_>) -> Result<(), LoginStatus>,
    ) -> Result<(), LoginStatus> {
        match &self.group {
            Some(group) => match listed(group, &self.name) {
                Some(acl) => look(&acl.lock().secrets.credentials()),
                None => look(&group.data().group.secrets.lock().credentials()),
            },
            None => {
                let looked = portal.with_registry(|registry| {
                    look(&registry.discovery.lock().secrets.credentials())
                });
                looked.ok_or(LoginStatus::SERVICE_UNAVAILABLE)?
            }
        }
    }

    /// Verifies a name that the initiator repeats.
    ///
    /// # Errors
    ///
    /// If it is not the one of the first request.
    fn verify(&self, key: &[u8], value: &[u8]) -> Result<(), LoginStatus> {
        let is_same = match key {
            b"InitiatorName" => PortName::parse_initiator(value).as_ref() == Some(&self.name),
            b"TargetName" => self.group.as_ref().is_none_or(|group| {
                PortName::parse(value).is_some_and(|name| name.as_bytes() == target_name(group))
            }),
            _ => true,
        };
        is_same.then_some(()).ok_or(LoginStatus::INITIATOR_ERROR)
    }

    /// Completes the login: sets up the session, in the place of an older one of the same port, and
    /// gives it the target's part of its identifier.
    fn log_in(
        &self,
        portal: &Portal,
        link: &Arc<Link>,
        sender: &mut Sender,
        agreed: &Parameters,
    ) -> Result<(KBox<Session>, u16), LoginStatus> {
        let exhausted = |_| LoginStatus::OUT_OF_RESOURCES;
        let index = portal.with_registry(Registry::next_session);
        let index = index.ok_or(LoginStatus::SERVICE_UNAVAILABLE)?;
        // The handle is not 0, and differs from those of the sessions before.
        let tsih = (index % 0xffff + 1) as u16;
        sender.agreed = *agreed;
        let Some(group) = &self.group else {
            sender.depth = DISCOVERY_DEPTH;
            let session = Session::new(None, self.name.clone(), self.cid);
            let session = KBox::new(session, GFP_KERNEL).map_err(exhausted)?;
            return Ok((session, tsih));
        };
        let peer = Peer {
            link: link.clone(),
            name: self.name.clone(),
            isid: self.isid,
            tsih,
            cid: self.cid,
            index,
            has_logged_out: AtomicBool::new(false),
        };
        let peer = Arc::new(peer, GFP_KERNEL).map_err(exhausted)?;
        let entry = &group.data().group;
        // From here on a portal that closes leaves the connection to the group.
        link.set_session(true);
        entry
            .enter(&peer)
            .map_err(|error| match error {
                EAGAIN => LoginStatus::SERVICE_UNAVAILABLE,
                _ => LoginStatus::OUT_OF_RESOURCES,
            })
            .inspect_err(|_| link.set_session(false))?;
        let nexus = Nexus::new(group, peer.c_name(), ProtectionOps::NORMAL, peer.clone());
        let session = nexus
            .map_err(|error| match error {
                EACCES => LoginStatus::AUTHORIZATION_FAILURE,
                ENODEV => LoginStatus::SERVICE_UNAVAILABLE,
                _ => LoginStatus::OUT_OF_RESOURCES,
            })
            .and_then(|nexus| {
                // Target core may have asked for the end before there was anybody to end it.
                if nexus.is_close_requested() {
                    return Err(LoginStatus::SERVICE_UNAVAILABLE);
                }
                sender.depth = nexus.node_acl().queue_depth().max(1);
                let normal = Normal {
                    nexus,
                    peer: peer.clone(),
                    group: group.clone(),
                };
                let session = Session::new(Some(normal), self.name.clone(), self.cid);
                KBox::new(session, GFP_KERNEL).map_err(exhausted)
            });
        if session.is_err() {
            link.set_session(false);
            entry.leave(&peer);
        }
        Ok((session?, tsih))
    }
}

/// The value of a key in a text.
fn value<'a>(text: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    let mut pairs = keys::pairs(text).flatten();
    pairs
        .find(|(key, _)| *key == wanted)
        .map(|(_, value)| value)
}

/// Says in the log that an initiator could not log in. The names, which may be of any length, are
/// last: the log cuts a line that is too long.
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

/// Maximum number of commands of a discovery session.
const DISCOVERY_DEPTH: u32 = 16;

/// The node ACL of an initiator, if an administrator has made one.
fn listed<'a>(group: &'a Tpg<Fabric>, name: &PortName) -> Option<HeldNodeAcl<'a, Fabric>> {
    let acl = group.node_acl(c_name(name));
    acl.filter(|acl| !acl.is_dynamic())
}

/// Returns true if an initiator has to authenticate itself to a portal group.
fn authenticates(group: &Tpg<Fabric>, name: &PortName) -> bool {
    let inherited = group.data().group.settings().authentication() != 0;
    let own = listed(group, name).map(|acl| acl.lock().authentication);
    own.map_or(inherited, |own| own.or(inherited))
}

/// The portal group that an initiator wants to log in to.
fn find(portal: &Portal, target: &[u8], name: &PortName) -> Result<ARef<Tpg<Fabric>>, LoginStatus> {
    let not_found = LoginStatus::NOT_FOUND;
    let target = PortName::parse(target);
    let group = target.and_then(|target| portal.group(&target));
    let group = group.ok_or(not_found)?;
    let shared = &group.data().group;
    if !shared.is_enabled() {
        return Err(LoginStatus::SERVICE_UNAVAILABLE);
    }
    let is_demo = shared.settings().generate_node_acls() != 0;
    if !is_demo && !is_listed(&group, name) {
        return Err(LoginStatus::AUTHORIZATION_FAILURE);
    }
    Ok(group)
}
