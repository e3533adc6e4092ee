// SPDX-License-Identifier: GPL-2.0-only

//! The part of a connection that its thread shares with the ops, and with those that end it.

#![forbid(unsafe_code)]

use core::{
    net::{IpAddr, SocketAddr},
    sync::atomic::{AtomicBool, AtomicU32, Ordering}, //
};

use kernel::{prelude::*, sync::Arc};

use super::{
    c_name,
    pdu::{is_before, Isid},
    session::Io, //
};
use crate::{
    socket::Socket,
    target::{CmdQueue, Completed, Pending, Reference},
    transport_id::PortName,
    Fabric, //
};

/// The shared part of a connection.
pub(crate) struct Link {
    /// The connection.
    pub(super) socket: Socket,
    /// Address of the other end.
    pub(super) address: Option<SocketAddr>,
    /// The writes that wait for their data, from the ops.
    pub(super) writes: CmdQueue<Pending<Fabric>>,
    /// The responses that are to be sent, from the ops.
    pub(super) responses: CmdQueue<Reference<Completed<Fabric>>>,
    is_closing: AtomicBool,
    is_logout_requested: AtomicBool,
    /// True if the connection has a session with a portal group. Then the group ends it, and not
    /// the portal that it came to.
    has_session: AtomicBool,
    /// Number of numbered commands that have been taken and not answered.
    outstanding: AtomicU32,
    /// Number of immediate ones.
    immediate: AtomicU32,
}

impl Link {
    /// The shared part of a new connection.
    pub(super) fn new(socket: Socket) -> Result<Arc<Self>> {
        let link = Self {
            address: socket.peer_address(),
            socket,
            writes: CmdQueue::new(),
            responses: CmdQueue::new(),
            is_closing: AtomicBool::new(false),
            is_logout_requested: AtomicBool::new(false),
            has_session: AtomicBool::new(false),
            outstanding: AtomicU32::new(0),
            immediate: AtomicU32::new(0),
        };
        Ok(Arc::new(link, GFP_KERNEL)?)
    }

    /// The machine that it comes from.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.address.map(|address| address.ip())
    }

    /// Has the thread end the connection. Called in any context.
    pub(super) fn close(&self) {
        self.is_closing.store(true, Ordering::Release);
        self.socket.kick();
    }

    /// Returns true if the connection is to end.
    pub(super) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Acquire)
    }

    /// Has the thread ask the initiator to log out. Called in any context.
    pub(super) fn request_logout(&self) {
        self.is_logout_requested.store(true, Ordering::Release);
        self.socket.kick();
    }

    /// Returns true if the initiator is to be asked to log out.
    pub(super) fn is_logout_requested(&self) -> bool {
        self.is_logout_requested.load(Ordering::Acquire)
    }

    /// Notes whether the connection has a session with a portal group.
    pub(super) fn set_session(&self, has_session: bool) {
        self.has_session.store(has_session, Ordering::Release);
    }

    /// Returns true if the connection has a session with a portal group.
    pub(super) fn has_session(&self) -> bool {
        self.has_session.load(Ordering::Acquire)
    }

    /// Returns the number of numbered commands that have been taken and not answered.
    pub(super) fn outstanding(&self) -> u32 {
        self.outstanding.load(Ordering::Relaxed)
    }

    /// Returns the number of immediate commands that have been taken and not answered.
    pub(super) fn immediate(&self) -> u32 {
        self.immediate.load(Ordering::Relaxed)
    }

    /// Takes a command.
    pub(super) fn command_begun(&self, io: &Io) {
        self.counter(io).fetch_add(1, Ordering::Relaxed);
    }

    /// Answers a command, or sees it aborted without an answer. Called in any context.
    pub(super) fn command_ended(&self, io: &Io) {
        self.counter(io).fetch_sub(1, Ordering::Relaxed);
    }

    fn counter(&self, io: &Io) -> &AtomicU32 {
        if io.request.is_immediate() {
            &self.immediate
        } else {
            &self.outstanding
        }
    }
}

/// The address of the other end, for the log.
pub(super) struct Shown(pub(super) Option<SocketAddr>);

impl core::fmt::Debug for Shown {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0 {
            Some(address) => core::fmt::Display::fmt(&address, formatter),
            None => formatter.write_str("nowhere"),
        }
    }
}

/// An initiator that has logged in, or is about to.
pub(crate) struct Peer {
    /// Its connection.
    pub(super) link: Arc<Link>,
    /// Its name.
    pub(super) name: PortName,
    /// Its part of the session's identifier.
    pub(super) isid: Isid,
    /// The target's part.
    pub(super) tsih: u16,
    /// The connection's number.
    pub(super) cid: u16,
    /// The session's number, of all sessions since the module was loaded.
    pub(crate) index: u32,
    /// Set once its session is at its end, without a command left.
    pub(super) has_logged_out: AtomicBool,
}

impl Peer {
    /// Returns true if both are the same initiator port, this one with a session.
    pub(super) fn is_same_port(&self, other: &Self) -> bool {
        self.isid == other.isid && self.name == other.name && !self.has_logged_out()
    }

    /// Returns true if its session is at its end, without a command left.
    pub(super) fn has_logged_out(&self) -> bool {
        self.has_logged_out.load(Ordering::Acquire)
    }

    /// Returns true if its login came later.
    pub(super) fn is_newer(&self, other: &Self) -> bool {
        is_before(other.index, self.index)
    }

    /// The name, for target core.
    pub(super) fn c_name(&self) -> &CStr {
        c_name(&self.name)
    }
}
