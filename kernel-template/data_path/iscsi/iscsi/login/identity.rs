// SPDX-License-Identifier: GPL-2.0-only

//! The identity of a login: the initiator and target that its first request names, the choice of
//! the authentication method, and the setup of the session.

#![forbid(unsafe_code)]

use kernel::{prelude::*, sync::Arc};

use crate::{
    crypto,
    iscsi::{
        chap::{written, Chap, Credentials},
        explicit_acl,
        keys::{self, Parameters, Value, Writer},
        link::Peer,
        pdu::{self, LoginStatus, Request},
        registry::{Portal, Registry},
        secrets::Text,
        sender::Sender,
        session::{Normal, Session},
        statistics,
        target_name, //
    },
    target::{atomic::Atomic, by_value, Nexus, Operations, ProtectionOps, RmdirGuard, Tpg},
    transport_id::PortName,
    Fabric, //
};

/// Queue depth of a discovery session, in commands.
const DISCOVERY_DEPTH: u32 = 16;

/// The initiator and target of a login.
pub(super) struct Identity {
    pub(super) name: PortName,
    alias: Text,
    isid: pdu::Isid,
    cid: u16,
    /// Portal group; `None` for a discovery session.
    pub(super) group: Option<RmdirGuard<Fabric>>,
    /// True if the initiator must authenticate itself.
    pub(super) authenticates: bool,
    /// First request of the login.
    pub(super) request: Request,
}

impl Identity {
    /// Reads the first request of a login.
    pub(super) fn new(
        portal: &Portal,
        login: &pdu::Login<'_>,
        text: &[u8],
    ) -> Result<Self, LoginStatus> {
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
            // A session has one connection, so no other can join it.
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
        // A control character would break the lines of `info`.
        let alias = value(text, b"InitiatorAlias").unwrap_or_default();
        let alias = match alias.iter().any(u8::is_ascii_control) {
            true => b"",
            false => alias,
        };
        Ok(Self {
            name,
            alias: Text::new(alias),
            isid: login.isid(),
            cid: login.cid(),
            group,
            authenticates,
            request: *login.0,
        })
    }

    /// Returns the name of the target for the log.
    pub(super) fn target(&self) -> &[u8] {
        let group = self.group.as_deref();
        group.map_or(b"discovery".as_slice(), target_name)
    }

    /// Writes the keys of the first response: the portal group tag and the target alias.
    pub(super) fn introduce(&self, writer: &mut Writer<'_>) -> Result<(), LoginStatus> {
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

    /// Chooses the authentication method: the first one in the list of the initiator that the
    /// target supports (RFC 7143, section 6.2.1). Where authentication is optional, CHAP is
    /// supported if the initiator has credentials.
    pub(super) fn choose(
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

    /// Calls `look` with the credentials of the initiator and the target.
    pub(super) fn with_credentials(
        &self,
        portal: &Portal,
        look: impl FnOnce(&Credentials<'_>) -> Result<(), LoginStatus>,
    ) -> Result<(), LoginStatus> {
        match &self.group {
            Some(group) => match explicit_acl(group, &self.name) {
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
    /// Returns the login status if the name differs from that of the first request.
    pub(super) fn verify(&self, key: &[u8], value: &[u8]) -> Result<(), LoginStatus> {
        let is_same = match key {
            b"InitiatorName" => PortName::parse_initiator(value).as_ref() == Some(&self.name),
            b"TargetName" => self.group.as_ref().is_none_or(|group| {
                PortName::parse(value).is_some_and(|name| name.as_bytes() == target_name(group))
            }),
            _ => true,
        };
        is_same.then_some(()).ok_or(LoginStatus::INITIATOR_ERROR)
    }

    /// Completes the login: ends an older session of the same port, and sets up the new one.
    /// Returns the session and its TSIH.
    pub(super) fn log_in(
        &self,
        portal: &Portal,
        sender: &mut Sender,
        agreed: &Parameters,
    ) -> Result<(KBox<Session>, u16), LoginStatus> {
        let exhausted = |_| LoginStatus::OUT_OF_RESOURCES;
        let index = portal.with_registry(Registry::next_session);
        let index = index.ok_or(LoginStatus::SERVICE_UNAVAILABLE)?;
        // Not 0, and unique among recent sessions.
        let tsih = (index % 0xffff + 1) as u16;
        sender.agreed = *agreed;
        let Some(group) = &self.group else {
            sender.depth = DISCOVERY_DEPTH;
            let session = Session::new(None, self.name.clone(), self.cid);
            let session = KBox::new(session, GFP_KERNEL).map_err(exhausted)?;
            return Ok((session, tsih));
        };
        let link = sender.link.clone();
        let peer = Peer {
            link: link.clone(),
            name: self.name.clone(),
            alias: self.alias.clone(),
            isid: self.isid,
            tsih,
            cid: self.cid,
            agreed: *agreed,
            index,
            has_logged_out: Atomic::new(false),
        };
        let peer = Arc::new(peer, GFP_KERNEL).map_err(exhausted)?;
        let entry = &group.data().group;
        // From here on the connection is closed with the portal group, not with the network portal.
        link.set_session(true);
        entry
            .enter(&peer)
            .map_err(|error| match error {
                EAGAIN => LoginStatus::SERVICE_UNAVAILABLE,
                _ => LoginStatus::OUT_OF_RESOURCES,
            })
            .inspect_err(|_| link.set_session(false))?;
        let session = peer
            .c_name()
            .and_then(|name| {
                let data = by_value(peer.clone());
                Ok(Nexus::new(group, name, ProtectionOps::NORMAL, data)?)
            })
            .map_err(|error| match error {
                EACCES => LoginStatus::AUTHORIZATION_FAILURE,
                EBUSY | ENODEV => LoginStatus::SERVICE_UNAVAILABLE,
                _ => LoginStatus::OUT_OF_RESOURCES,
            })
            .and_then(|nexus| {
                // Target core may have called `close_session` before the nexus was stored.
                if nexus.is_close_requested() {
                    return Err(LoginStatus::SERVICE_UNAVAILABLE);
                }
                sender.depth = nexus.node_acl().queue_depth().max(1);
                statistics::of(group).log_in();
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

/// Returns the value of a key in a text.
pub(super) fn value<'a>(text: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    let mut pairs = keys::pairs(text).flatten();
    pairs
        .find(|(key, _)| *key == wanted)
        .map(|(_, value)| value)
}

/// Returns true if an initiator must authenticate itself to a portal group.
fn authenticates(group: &Tpg<Fabric>, name: &PortName) -> bool {
    let inherited = group.data().group.settings().authentication() != 0;
    let own = explicit_acl(group, name).map(|acl| acl.lock().authentication);
    own.map_or(inherited, |own| own.or(inherited))
}

/// Finds the portal group of a target at this portal, and checks that the initiator may log in.
fn find(
    portal: &Portal,
    target: &[u8],
    name: &PortName,
) -> Result<RmdirGuard<Fabric>, LoginStatus> {
    let not_found = LoginStatus::NOT_FOUND;
    let target = PortName::parse(target);
    let group = target.and_then(|target| portal.group(&target));
    let group = group.ok_or(not_found)?;
    let shared = &group.data().group;
    if !shared.is_enabled() {
        return Err(LoginStatus::SERVICE_UNAVAILABLE);
    }
    let is_demo = shared.settings().generate_node_acls() != 0;
    if !is_demo && explicit_acl(&group, name).is_none() {
        return Err(LoginStatus::AUTHORIZATION_FAILURE);
    }
    Ok(group)
}
