// SPDX-License-Identifier: GPL-2.0-only

//! The data of the fabric: its network portals, with the portal groups and connections of each.

#![forbid(unsafe_code)]

use core::net::SocketAddr;

use kernel::{
    prelude::*,
    sync::{new_mutex, Arc, Mutex}, //
};

use super::{
    link::Link,
    secrets::Discovery,
    statistics::Statistics,
    target_name, //
};
use crate::{
    socket::listener::Listener,
    target::{
        atomic::{Atomic, Relaxed},
        RmdirGuard,
    },
    transport_id::PortName,
    Fabric, //
};

/// Backlog of a listening socket, in connections.
const BACKLOG: u16 = 256;

/// Receive buffer of a session, in bytes. It has room for several writes, which the initiator can
/// send while earlier ones are executed.
pub(super) const SESSION_BUFFER: u32 = 2_097_152;

/// Data of the fabric: portals, session numbers, and the credentials of discovery sessions.
#[pin_data]
pub(crate) struct Registry {
    #[pin]
    pub(super) portals: Mutex<KVec<Arc<Portal>>>,
    sessions: Atomic<u32>,
    targets: Atomic<u32>,
    #[pin]
    pub(super) discovery: Mutex<Discovery>,
}

impl Registry {
    /// Creates the data of a fabric without portals.
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            portals <- new_mutex!(KVec::new()),
            sessions: Atomic::new(0),
            targets: Atomic::new(0),
            discovery <- new_mutex!(Discovery::zeroed()),
        })
    }

    /// Returns the statistics of a new target.
    pub(crate) fn new_target(&self) -> impl PinInit<Statistics, Error> {
        Statistics::new(self.targets.fetch_add(1, Relaxed))
    }

    /// Returns a new session number.
    pub(super) fn next_session(&self) -> u32 {
        self.sessions.fetch_add(1, Relaxed).wrapping_add(1)
    }
}

/// An address that initiators connect to.
#[pin_data]
pub(crate) struct Portal {
    pub(super) address: SocketAddr,
    pub(super) listener: Listener,
    /// Portal groups of the portal.
    #[pin]
    pub(super) groups: Mutex<KVec<RmdirGuard<Fabric>>>,
    /// Connections accepted by the portal.
    #[pin]
    pub(super) links: Mutex<KVec<Arc<Link>>>,
}

impl Portal {
    /// Listens at `address`.
    pub(super) fn new(address: SocketAddr) -> Result<Arc<Self>> {
        let listener = Listener::bind(&address, BACKLOG, SESSION_BUFFER)?;
        Arc::pin_init(
            try_pin_init!(Self {
                address,
                listener,
                groups <- new_mutex!(KVec::new()),
                links <- new_mutex!(KVec::new()),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns the portal group of the target `name` at this portal.
    pub(super) fn group(&self, name: &PortName) -> Option<RmdirGuard<Fabric>> {
        let groups = self.groups.lock();
        let found = groups
            .iter()
            .find(|group| target_name(group) == name.as_bytes());
        found.cloned()
    }

    /// Timeout of a login whose portal group is not known yet, in seconds: the longest of all
    /// groups of the portal.
    pub(super) fn login_timeout(&self) -> u32 {
        let groups = self.groups.lock();
        let timeouts = groups
            .iter()
            .map(|group| group.data().group.settings().login_timeout());
        timeouts.max().unwrap_or(0)
    }

    /// Calls `look` with the data of the fabric. Returns `None` if the portal is closed.
    pub(super) fn with_registry<R>(&self, look: impl FnOnce(&Registry) -> R) -> Option<R> {
        let group = self.groups.lock().first().cloned()?;
        Some(look(group.wwn().fabric()))
    }
}
