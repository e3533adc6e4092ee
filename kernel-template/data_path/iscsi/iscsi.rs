// SPDX-License-Identifier: GPL-2.0-only

//! The iSCSI transport: a target for initiators on the network (RFC 7143).
//!
//! A network portal, `np/$ADDRESS:$PORT`, has a thread that accepts connections ([`portal`]). Each
//! connection has a thread ([`connection`]), which logs the initiator in ([`login`]) and then
//! serves its session ([`session`]). Only this thread sends and receives. The ops pass it pending
//! writes and responses through the queues in its [`link`].
//!
//! A session has one connection, and recovers from errors by a new login (error recovery level 0).
//!
//! Start from this directory for another network. `pdu` and `keys` are the protocol, without
//! dependencies on the kernel; `session` is the user of `crate::target`.

#![forbid(unsafe_code)]

mod agreed;
mod auth;
mod chap;
mod connection;
mod discovery;
mod keys;
mod link;
mod login;
mod names;
mod negotiation;
mod pdu;
mod portal;
mod receiver;
mod registry;
mod secrets;
mod sender;
mod session;
mod settings;
mod statistics;

use kernel::{
    prelude::*,
    str::BStr,
    sync::{new_condvar, new_mutex, Arc, CondVar, Mutex},
    time::{msecs_to_jiffies, Delta, Instant, Monotonic}, //
};

use crate::{
    socket::may_log,
    target::{
        atomic::{Acquire, Atomic, Release},
        Aborted, Attribute, Cmd, HeldNodeAcl, NodeAcl, Page, Pending, Response, SessionData,
        TmrResponse, Tpg, TpgBaseAttrs, TpgNaclBaseAttrs,
    },
    transport_id::PortName,
    Fabric, //
};

pub(crate) use agreed::*;
pub(crate) use auth::*;
use keys::{Parameters, Writer};
use link::Shown;
pub(crate) use link::{initiator_sid, Peer};
use names::{c_name, target_name};
pub(crate) use names::{check_initiator_name, check_target_name};
pub(crate) use portal::NetworkPortal;
pub(crate) use registry::Registry;
use secrets::Secrets;
pub(crate) use session::{Io, Tmf, PAGES_MAX};
pub(crate) use settings::*;
pub(crate) use statistics::*;

/// Time that initiators get to log out of a portal group that is disabled, in seconds.
const LOGOUT_SECONDS: u16 = 3;

/// Data of a portal group.
#[pin_data]
pub(crate) struct Group {
    settings: Settings,
    is_enabled: Atomic<bool>,
    /// Parameters that the target offers in negotiations.
    #[pin]
    offer: Mutex<Parameters>,
    /// Parameters that are stored without effect.
    #[pin]
    kept: Mutex<Kept>,
    /// Credentials of initiators without a node ACL.
    #[pin]
    secrets: Mutex<Secrets>,
    /// Sessions, including those being set up.
    #[pin]
    sessions: Mutex<KVec<Arc<Peer>>>,
    /// Notified when a session is removed from `sessions`.
    #[pin]
    left: CondVar,
}

impl Group {
    /// Initial state of a new portal group.
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            settings: Settings::new(),
            is_enabled: Atomic::new(false),
            offer <- new_mutex!(Parameters::OFFER),
            kept <- new_mutex!(Kept::new()),
            secrets <- new_mutex!(Secrets::zeroed()),
            sessions <- new_mutex!(KVec::new()),
            left <- new_condvar!(),
        })
    }

    /// Returns the settings in `attrib`.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns true if initiators may log in.
    fn is_enabled(&self) -> bool {
        self.is_enabled.load(Acquire)
    }

    /// Adds the session of a peer. A session of the same initiator port is closed first (session
    /// reinstatement, RFC 7143, section 6.3.5); this sleeps until that session has ended.
    ///
    /// # Errors
    ///
    /// Returns [`EAGAIN`] if the old session has not ended after `login_timeout`, for example
    /// because its backstore hangs, or if the connection is closing; [`EBUSY`] if the group has
    /// `max_sessions`; [`ENOMEM`].
    fn enter(&self, peer: &Arc<Peer>) -> Result {
        let seconds = self.settings.login_timeout();
        let begun = Instant::<Monotonic>::now();
        let mut sessions = self.sessions.lock();
        while let Some(other) = sessions.iter().find(|other| other.is_same_port(peer)) {
            if other.is_newer(peer) {
                // The initiator has abandoned this login.
                return Err(EAGAIN);
            }
            let is_late = begun.elapsed() > Delta::from_secs(seconds.into());
            if is_late || peer.link.is_closing() {
                return Err(EAGAIN);
            }
            if !other.link.is_closing() && may_log() {
                pr_warn!(
                    "session from {:?} ends: its initiator port logs in from {:?} (initiator {})\n",
                    Shown(other.link.address),
                    Shown(peer.link.address),
                    BStr::from_bytes(other.name.as_bytes())
                );
            }
            other.link.close();
            let tick = msecs_to_jiffies(100);
            let _ = self.left.wait_interruptible_timeout(&mut sessions, tick);
        }
        let there = sessions.iter().filter(|other| !other.has_logged_out());
        if there.count() >= self.settings.max_sessions() as usize {
            return Err(EBUSY);
        }
        sessions.push(peer.clone(), GFP_KERNEL)?;
        Ok(())
    }

    /// Removes the session of a peer after its end.
    fn leave(&self, peer: &Arc<Peer>) {
        let mut sessions = self.sessions.lock();
        sessions.retain(|other| !Arc::ptr_eq(other, peer));
        drop(sessions);
        self.left.notify_all();
    }

    /// Opens the group to logins, or closes it and logs its initiators out.
    pub(crate) fn enable(&self, enable: bool) {
        if enable {
            self.is_enabled.store(true, Release);
        } else {
            self.log_out();
        }
    }

    /// Closes the group, asks its initiators to log out, and waits until their sessions have ended.
    /// The connection of an initiator that does not log out is closed.
    pub(crate) fn log_out(&self) {
        self.is_enabled.store(false, Release);
        let mut sessions = self.sessions.lock();
        for peer in sessions.iter() {
            peer.link.request_logout();
        }
        while !sessions.is_empty() {
            self.left.wait(&mut sessions);
        }
    }
}

/// Returns the peer of a command.
fn peer(cmd: &Cmd<Fabric>) -> &Peer {
    cmd.session().data()
}

/// Passes a write to the thread that receives its data.
pub(crate) fn write_pending(pending: Pending<Fabric>) {
    // The thread may end the write and the session as soon as it is queued: keep the link alive.
    let peer = pending.session().data().clone();
    // If the queue is closed, the write is dropped, which fails the command.
    if peer.link.writes.push(pending).is_ok() {
        peer.link.socket.kick();
    }
}

/// Passes a response to the thread that sends it, with its data.
pub(crate) fn respond(response: Response<'_, Fabric>) {
    let link = &peer(response.cmd()).link;
    link.responses.push_response(response);
    link.socket.kick();
}

/// Records the response to a task management function, for the thread that sends it.
pub(crate) fn queue_tm_rsp(response: TmrResponse<Fabric>) {
    let status = response.status();
    response.into_data().answer(status);
}

/// Ends a task that was aborted without a response.
pub(crate) fn aborted_task(task: Aborted<'_, Fabric>) {
    match task {
        Aborted::Cmd(cmd) => peer(cmd).link.command_ended(&cmd.data().request),
        Aborted::Tmr(function) => function.abort(),
    }
}

/// Ends a session whose node ACL is being removed or changed.
pub(crate) fn close_session(session: &SessionData<Fabric>) {
    session.data().link.close();
}

/// Calls `show` for each peer with a session in `group` that `is_wanted` selects, until the page is
/// full.
fn for_each_peer(
    group: &Group,
    is_wanted: impl Fn(&Peer) -> bool,
    mut show: impl FnMut(&Peer) -> Result,
) {
    let sessions = group.sessions.lock();
    let mut peers = sessions.iter().filter(|peer| is_wanted(peer));
    let _is_truncated = peers.any(|peer| show(peer).is_err());
}

/// Writes a line with a name, which may have any bytes. Writes nothing if the line does not fit.
fn write_line(page: &mut Page<'_>, before: &[u8], name: &[u8]) -> Result {
    let mut line = [0; 288];
    let mut writer = Writer::new(&mut line);
    if !(writer.push(before) && writer.push(name) && writer.push(b"\n")) {
        return Err(EINVAL);
    }
    let length = writer.length();
    page.write_bytes(line.get(..length).unwrap_or_default())
}

/// `tpgt_$TAG/dynamic_sessions`: the initiators that are logged in without an explicit node ACL.
pub(crate) struct DynamicSessions;

#[vtable]
impl Attribute for DynamicSessions {
    type Directory = TpgBaseAttrs<Fabric>;

    fn show(tpg: &Tpg<Fabric>, page: &mut Page<'_>) -> Result {
        let is_dynamic = |peer: &Peer| {
            let acl = peer.c_name().ok().and_then(|name| tpg.node_acl(name));
            acl.is_some_and(|acl| acl.is_dynamic())
        };
        for_each_peer(&tpg.data().group, is_dynamic, |peer| {
            write_line(page, b"", peer.name.as_bytes())
        });
        Ok(())
    }
}

/// `acls/$INITIATOR/info`: the sessions of the initiator, in the format of iscsi_target_mod.
pub(crate) struct Info;

#[vtable]
impl Attribute for Info {
    type Directory = TpgNaclBaseAttrs<Fabric>;

    fn show(acl: &NodeAcl<Fabric>, page: &mut Page<'_>) -> Result {
        let name: &[u8] = acl.initiator_name();
        let mut any = false;
        for_each_peer(
            &acl.tpg().data().group,
            |peer| peer.name.as_bytes() == name,
            |peer| {
                any = true;
                write_line(page, b"InitiatorName: ", name)?;
                write_line(page, b"InitiatorAlias: ", peer.alias.as_bytes())?;
                writeln!(
                    page,
                    "LIO Session ID: {}   ISID: 0x{:012x}  TSIH: {}  SessionType: Normal",
                    peer.index,
                    peer.isid
                        .iter()
                        .fold(0u64, |all, byte| (all << 8) | u64::from(*byte)),
                    peer.tsih
                )?;
                writeln!(page, "Session State: TARG_SESS_STATE_LOGGED_IN")?;
                writeln!(
                    page,
                    "CID: {}  Connection State: TARG_CONN_STATE_LOGGED_IN",
                    peer.cid
                )?;
                if let Some(address) = peer.link.address {
                    writeln!(page, "   Address {} TCP", address)?;
                }
                Ok(())
            },
        );
        if any {
            return Ok(());
        }
        page.write_bytes(b"No active iSCSI Session for Initiator Endpoint: ")?;
        page.write_bytes(name)?;
        page.write_bytes(b"\n")
    }
}

/// `acls/$INITIATOR/cmdsn_depth`: the queue depth of a session, in commands. Setting it closes the
/// sessions of the initiator.
pub(crate) struct CmdsnDepth;

#[vtable]
impl Attribute for CmdsnDepth {
    type Directory = TpgNaclBaseAttrs<Fabric>;

    fn show(acl: &NodeAcl<Fabric>, page: &mut Page<'_>) -> Result {
        writeln!(page, "{}", acl.queue_depth())
    }

    fn store(acl: &NodeAcl<Fabric>, text: &BStr) -> Result {
        acl.set_queue_depth(number_between("cmdsn_depth", text, Settings::DEPTHS)?)
    }
}

/// Returns the explicit node ACL of an initiator in a portal group. A demo-mode node ACL may be
/// cached, but admits no initiator after demo mode is turned off.
fn explicit_acl<'a>(tpg: &'a Tpg<Fabric>, name: &PortName) -> Option<HeldNodeAcl<'a, Fabric>> {
    let acl = tpg.node_acl(c_name(name).ok()?);
    acl.filter(|acl| !acl.is_dynamic())
}

/// Returns the parameters that the target offers in a session with a portal group, or for
/// discovery.
fn offer(group: Option<&Tpg<Fabric>>) -> Parameters {
    let mut offer = match group {
        Some(group) => *group.data().group.offer.lock(),
        None => Parameters::DISCOVERY,
    };
    // FirstBurstLength must not exceed MaxBurstLength, in whichever order they are negotiated.
    offer.first_burst_length = offer.first_burst_length.min(offer.max_burst_length);
    offer
}
