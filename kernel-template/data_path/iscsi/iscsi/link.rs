// SPDX-License-Identifier: GPL-2.0-only

//! The state of a connection that its thread shares with the ops, and with functions that close it.

#![forbid(unsafe_code)]

use core::net::{IpAddr, SocketAddr};

use kernel::{fmt, prelude::*, sync::Arc};

use super::{
    keys::Parameters,
    names::c_name,
    pdu::{is_before, Isid, Request},
    secrets::Text, //
};
use crate::{
    socket::Socket,
    target::{
        atomic::{Acquire, Atomic, Relaxed, Release},
        CmdQueue, Completed, Pending, Reference,
    },
    transport_id::PortName,
    Fabric, //
};

/// A counter that only the thread of the connection changes.
pub(super) struct Counter(Atomic<u64>);

impl Counter {
    const fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Adds to the counter. Called in the thread of the connection.
    pub(super) fn add(&self, more: u64) {
        self.0.store(self.get().wrapping_add(more), Relaxed);
    }

    /// Returns the value.
    pub(super) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Counters of a connection.
pub(super) struct Traffic {
    /// SCSI commands received.
    pub(super) commands: Counter,
    /// SCSI Response PDUs sent.
    pub(super) responses: Counter,
    /// Data of reads sent, in bytes.
    pub(super) sent: Counter,
    /// Data of writes received, in bytes.
    pub(super) received: Counter,
    /// PDUs with a wrong digest.
    pub(super) digest_errors: Counter,
}

impl Traffic {
    /// Creates the counters of a new connection.
    pub(super) const fn new() -> Self {
        Self {
            commands: Counter::new(),
            responses: Counter::new(),
            sent: Counter::new(),
            received: Counter::new(),
            digest_errors: Counter::new(),
        }
    }
}

/// The shared state of a connection.
pub(crate) struct Link {
    /// Socket of the connection.
    pub(super) socket: Socket,
    /// Address of the initiator.
    pub(super) address: Option<SocketAddr>,
    /// Writes that wait for their data, queued by the ops.
    pub(super) writes: CmdQueue<Pending<Fabric>>,
    /// Responses to be sent, queued by the ops.
    pub(super) responses: CmdQueue<Reference<Completed<Fabric>>>,
    /// For the statistics of the session.
    pub(super) traffic: Traffic,
    is_closing: Atomic<bool>,
    is_logout_requested: Atomic<bool>,
    /// True if the connection has a session with a portal group. The connection is then closed with
    /// the portal group, and not with the network portal.
    has_session: Atomic<bool>,
    /// Number of outstanding commands that are not immediate.
    outstanding: Atomic<u32>,
    /// Number of outstanding immediate commands.
    immediate: Atomic<u32>,
}

impl Link {
    /// Creates the state of a new connection.
    pub(super) fn new(socket: Socket) -> Result<Arc<Self>> {
        let link = Self {
            address: socket.peer_address(),
            socket,
            writes: CmdQueue::new(),
            responses: CmdQueue::new(),
            traffic: Traffic::new(),
            is_closing: Atomic::new(false),
            is_logout_requested: Atomic::new(false),
            has_session: Atomic::new(false),
            outstanding: Atomic::new(0),
            immediate: Atomic::new(0),
        };
        Ok(Arc::new(link, GFP_KERNEL)?)
    }

    /// Returns the IP address of the initiator.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.address.map(|address| address.ip())
    }

    /// Asks the thread to end the connection. Called in any context.
    pub(super) fn close(&self) {
        self.is_closing.store(true, Release);
        self.socket.kick();
    }

    /// Returns true after [`Self::close`].
    pub(super) fn is_closing(&self) -> bool {
        self.is_closing.load(Acquire)
    }

    /// Asks the thread to request a logout of the initiator. Called in any context.
    pub(super) fn request_logout(&self) {
        self.is_logout_requested.store(true, Release);
        self.socket.kick();
    }

    /// Returns true after [`Self::request_logout`].
    pub(super) fn is_logout_requested(&self) -> bool {
        self.is_logout_requested.load(Acquire)
    }

    /// Sets whether the connection has a session with a portal group.
    pub(super) fn set_session(&self, has_session: bool) {
        self.has_session.store(has_session, Release);
    }

    /// Returns true if the connection has a session with a portal group.
    pub(super) fn has_session(&self) -> bool {
        self.has_session.load(Acquire)
    }

    /// Returns the number of outstanding commands that are not immediate.
    pub(super) fn outstanding(&self) -> u32 {
        self.outstanding.load(Relaxed)
    }

    /// Returns the number of outstanding immediate commands.
    pub(super) fn immediate(&self) -> u32 {
        self.immediate.load(Relaxed)
    }

    /// Counts a command as outstanding.
    pub(super) fn command_begun(&self, request: &Request) {
        self.counter(request).add(1, Relaxed);
    }

    /// Ends the count of a command that was answered, or aborted without a response. Called in any
    /// context.
    pub(super) fn command_ended(&self, request: &Request) {
        self.counter(request).fetch_sub(1, Relaxed);
    }

    fn counter(&self, request: &Request) -> &Atomic<u32> {
        if request.is_immediate() {
            &self.immediate
        } else {
            &self.outstanding
        }
    }
}

/// The address of an initiator, for the log.
pub(super) struct Shown(pub(super) Option<SocketAddr>);

impl fmt::Debug for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => write!(formatter, "{address}"),
            None => formatter.write_str("nowhere"),
        }
    }
}

/// An initiator with a session, or with a session being set up.
pub(crate) struct Peer {
    /// Connection of the initiator.
    pub(super) link: Arc<Link>,
    /// Name of the initiator.
    pub(super) name: PortName,
    /// Alias of the initiator.
    pub(super) alias: Text,
    /// The initiator's part of the session identifier.
    pub(super) isid: Isid,
    /// The target's part of the session identifier.
    pub(super) tsih: u16,
    /// Connection identifier.
    pub(super) cid: u16,
    /// Negotiated parameters.
    pub(super) agreed: Parameters,
    /// Number of the session since the module was loaded.
    pub(crate) index: u32,
    /// True if the initiator has logged out and the session has no commands.
    pub(super) has_logged_out: Atomic<bool>,
}

impl Peer {
    /// Returns true if both are the same initiator port, and this one has not logged out.
    pub(super) fn is_same_port(&self, other: &Self) -> bool {
        self.isid == other.isid && self.name == other.name && !self.has_logged_out()
    }

    /// Returns true if the initiator has logged out and the session has no commands.
    pub(super) fn has_logged_out(&self) -> bool {
        self.has_logged_out.load(Acquire)
    }

    /// Returns true if this login is later than `other`.
    pub(super) fn is_newer(&self, other: &Self) -> bool {
        is_before(other.index, self.index)
    }

    /// Returns the name for target core.
    ///
    /// # Errors
    ///
    /// As [`c_name`].
    pub(super) fn c_name(&self) -> Result<&CStr> {
        c_name(&self.name)
    }
}

/// Writes the ISID of a session as hexadecimal digits. Returns their number.
pub(crate) fn initiator_sid(peer: &Peer, digits: &mut [u8]) -> usize {
    let Some(place) = digits.get_mut(..2 * peer.isid.len()) else {
        return 0;
    };
    for (pair, byte) in place.chunks_exact_mut(2).zip(peer.isid) {
        for (digit, nibble) in pair.iter_mut().zip([byte >> 4, byte & 0xf]) {
            *digit = b"0123456789abcdef"
                .get(usize::from(nibble))
                .copied()
                .unwrap_or(b'0');
        }
    }
    place.len()
}
