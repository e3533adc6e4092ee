// SPDX-License-Identifier: GPL-2.0-only

//! Network portals: the directories `np/$ADDRESS:$PORT` of portal groups, and the thread of each
//! address, which accepts connections. Portal groups of several targets may share an address.

#![forbid(unsafe_code)]

use core::{
    net::{SocketAddr, SocketAddrV6},
    str, //
};

use kernel::{
    c_str,
    prelude::*,
    rbtree::RBTree,
    str::BStr,
    sync::Arc,
    time::{delay::fsleep, Delta}, //
};

use super::{
    connection,
    link::Link,
    registry::Portal,
    statistics, //
};
use crate::{
    socket::{self, Socket},
    target::{RmdirGuard, Tpg},
    thread,
    Fabric, //
};

/// Maximum number of connections before login. Beyond it, a new connection replaces the oldest one
/// from the address with most connections, so a flood only hurts itself.
const LOGINS_MAX: usize = 256;

/// Maximum number of connections before login, including those being closed to make room.
const LOGINS_AND_ENDING_MAX: usize = 2 * LOGINS_MAX;

/// Receive buffer of a connection that logs in, in bytes.
const LOGIN_BUFFER: u32 = 16_384;

impl Portal {
    /// Accepts connections until the portal is closed.
    fn accept(self: Arc<Self>) {
        loop {
            match self.listener.accept() {
                Ok(socket) => match self.begin(socket) {
                    // Never logged: what an initiator may do at any time.
                    Ok(()) | Err(EBUSY) => {}
                    Err(error) if socket::may_log() => {
                        let port = self.address.port();
                        pr_warn!("cannot accept a connection at port {}: {:?}\n", port, error);
                    }
                    Err(_) => {}
                },
                Err(EINVAL) => return self.forget_if_ended(),
                // A resource is short, or the connection has failed.
                Err(_) => fsleep(Delta::from_millis(10)),
            }
        }
    }

    /// Removes the portal from the registry if user space has closed its socket, for example by
    /// `ss -K`. A new directory of this name opens it again.
    fn forget_if_ended(self: &Arc<Self>) {
        self.with_registry(|registry| {
            pr_err!(
                "cannot listen at portal {:?}: its socket was shut down; create it again\n",
                self.address
            );
            let mut portals = registry.portals.lock();
            portals.retain(|portal| !Arc::ptr_eq(portal, self));
        });
    }

    /// Starts the thread of a connection.
    fn begin(self: &Arc<Self>, socket: Socket) -> Result {
        socket.set_receive_buffer(LOGIN_BUFFER);
        let link = Link::new(socket)?;
        let mut links = self.links.lock();
        match links.iter().filter(|link| !link.has_session()).count() {
            0..LOGINS_MAX => {}
            LOGINS_MAX..LOGINS_AND_ENDING_MAX => make_room(&links)?,
            _ => return Err(EBUSY),
        }
        links.push(link.clone(), GFP_KERNEL)?;
        drop(links);
        let portal = self.clone();
        let serves = link.clone();
        let started = thread::spawn(c_str!("iscsi_conn"), move || {
            connection::serve(&portal, &serves);
            portal.forget(&serves);
        });
        if started.is_err() {
            self.forget(&link);
        }
        started
    }

    /// Removes a connection that has ended.
    fn forget(&self, link: &Arc<Link>) {
        self.links.lock().retain(|other| !Arc::ptr_eq(other, link));
    }
}

/// Closes a connection to make room for a new one: the oldest from the address with most
/// connections.
fn make_room(links: &[Arc<Link>]) -> Result {
    // Number of connections and the oldest one, by address.
    let mut addresses = RBTree::new();
    let logins = links.iter().filter(|link| !link.has_session());
    for link in logins.filter(|link| !link.is_closing()) {
        match addresses.get_mut(&link.ip()) {
            Some((count, _)) => *count += 1,
            None => drop(addresses.try_create_and_insert(link.ip(), (1u32, link), GFP_KERNEL)?),
        }
    }
    if let Some((_, oldest)) = addresses.values().max_by_key(|(count, _)| *count) {
        oldest.close();
    }
    Ok(())
}

/// Parses an address and a port. The zone of an IPv6 address is the number or the name of an
/// interface.
fn parse(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let (ip, rest) = text.strip_prefix('[')?.split_once('%')?;
    let (interface, port) = rest.split_once("]:")?;
    let mut name = [0; 16];
    let (_, place) = name.split_last_mut()?;
    place
        .get_mut(..interface.len())?
        .copy_from_slice(interface.as_bytes());
    let zone = socket::interface(CStr::from_bytes_until_nul(&name).ok()?);
    let address = SocketAddrV6::new(ip.parse().ok()?, port.parse().ok()?, 0, zone);
    (zone != 0).then_some(address.into())
}

/// A network portal of a portal group: its directory in `np`.
pub(crate) struct NetworkPortal {
    portal: Arc<Portal>,
    group: RmdirGuard<Fabric>,
}

impl NetworkPortal {
    /// Opens the portal `name` for a portal group, or shares one that is open.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if the name is not an address and port, [`EEXIST`] if another portal
    /// group of the target has the portal, or the error of [`Listener::bind`].
    pub(crate) fn new(tpg: &Tpg<Fabric>, name: &BStr) -> Result<Self> {
        let address = str::from_utf8(name).ok().and_then(parse);
        let address = address.ok_or_else(|| {
            pr_err!(
                "cannot use portal {}: want ADDRESS:PORT, as 192.0.2.1:3260 or [fe80::1%eth0]:3260\n",
                name
            );
            EINVAL
        })?;
        let mut portals = tpg.wwn().fabric().portals.lock();
        let known = portals
            .iter()
            .find(|portal| portal.address == address && portal.listener.is_in_this_namespace());
        if let Some(portal) = known {
            let portal = portal.clone();
            let mut groups = portal.groups.lock();
            if groups
                .iter()
                .any(|other| core::ptr::eq(other.wwn(), tpg.wwn()))
            {
                pr_err!(
                    "cannot use portal {}: another portal group of this target has it\n",
                    name
                );
                return Err(EEXIST);
            }
            groups.push(RmdirGuard::from(tpg), GFP_KERNEL)?;
            drop(groups);
            return Ok(Self::opened(portal, tpg));
        }
        let portal = Portal::new(address).inspect_err(|error| {
            pr_err!(
                "cannot use portal {}: {:?}: want a free port, and an address of a machine\n",
                name,
                error
            );
        })?;
        portal
            .groups
            .lock()
            .push(RmdirGuard::from(tpg), GFP_KERNEL)?;
        portals.reserve(1, GFP_KERNEL)?;
        let accepts = portal.clone();
        thread::spawn(c_str!("iscsi_np"), move || accepts.accept())?;
        portals.push(portal.clone(), GFP_KERNEL)?;
        Ok(Self::opened(portal, tpg))
    }

    fn opened(portal: Arc<Portal>, tpg: &Tpg<Fabric>) -> Self {
        statistics::of(tpg).add_portal();
        Self {
            portal,
            group: RmdirGuard::from(tpg),
        }
    }

    /// Removes the portal from its portal group. With the last group, the listening socket is
    /// closed, and so are the connections without a session of a portal group.
    fn close(&self) {
        let mut portals = self.group.wwn().fabric().portals.lock();
        let mut groups = self.portal.groups.lock();
        groups.retain(|group| !core::ptr::eq(&**group, &*self.group));
        if !groups.is_empty() {
            return;
        }
        drop(groups);
        portals.retain(|portal| !Arc::ptr_eq(portal, &self.portal));
        self.portal.listener.shut_down();
        drop(portals);
        let links = self.portal.links.lock();
        for link in links.iter().filter(|link| !link.has_session()) {
            link.close();
        }
    }
}

impl Drop for NetworkPortal {
    fn drop(&mut self) {
        self.close();
        statistics::of(&self.group).remove_portal();
    }
}
