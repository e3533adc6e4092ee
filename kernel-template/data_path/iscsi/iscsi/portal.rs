// SPDX-License-Identifier: GPL-2.0-only

//! Network portals: the addresses that initiators connect to, `np/$ADDRESS:$PORT`.
//!
//! A portal is one listening socket and one thread that accepts connections. Portal groups of
//! several targets may share it.

#![forbid(unsafe_code)]

use core::{
    net::{SocketAddr, SocketAddrV6},
    str, //
};

use kernel::{
    c_str,
    fmt::{self, Write},
    prelude::*,
    rbtree::RBTree,
    str::BStr,
    sync::{new_mutex, Arc, Mutex},
    time::{delay::fsleep, Delta}, //
};

use super::{
    auth::Discovery,
    connection,
    has_explicit_acl,
    keys::{Value, Writer},
    link::Link,
    target_name, //
};
use crate::{
    socket::listener::Listener,
    socket::{self, Socket},
    target::{
        atomic::{Atomic, Relaxed},
        Operations, RmdirGuard, Tpg,
    },
    thread,
    transport_id::PortName,
    Fabric, //
};

/// Backlog of a listening socket, in connections.
const BACKLOG: u16 = 256;

/// Maximum number of connections before login. Beyond it, a new connection replaces the oldest one
/// from the address with most connections, so a flood only hurts itself.
const LOGINS_MAX: usize = 256;

/// Maximum number of connections before login, including those being closed to make room.
const LOGINS_AND_ENDING_MAX: usize = 2 * LOGINS_MAX;

/// Receive buffer of a connection that logs in, in bytes.
const LOGIN_BUFFER: u32 = 16_384;

/// Receive buffer of a session, in bytes. It has room for several writes, which the initiator can
/// send while earlier ones are executed.
pub(super) const SESSION_BUFFER: u32 = 2_097_152;

/// Data of the fabric: portals, session numbers, and the credentials of discovery sessions.
pub(crate) struct Registry {
    portals: Pin<KBox<Mutex<KVec<Arc<Portal>>>>>,
    sessions: Atomic<u32>,
    pub(super) discovery: Pin<KBox<Mutex<Discovery>>>,
}

impl Registry {
    /// Creates the data of a fabric without portals.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            portals: KBox::pin_init(new_mutex!(KVec::new()), GFP_KERNEL)?,
            sessions: Atomic::new(0),
            discovery: KBox::pin_init(new_mutex!(Discovery::zeroed()), GFP_KERNEL)?,
        })
    }

    /// Returns a new session number.
    pub(super) fn next_session(&self) -> u32 {
        self.sessions.fetch_add(1, Relaxed).wrapping_add(1)
    }

    /// Returns the targets of the fabric with their addresses, as the answer to SendTargets (RFC
    /// 7143, appendix C) of `initiator`, which is connected to the address `local`. `only` selects
    /// one target.
    pub(super) fn targets(
        &self,
        initiator: &PortName,
        local: Option<SocketAddr>,
        only: Option<&[u8]>,
    ) -> Result<KVVec<u8>> {
        let entries = self.entries(initiator, local, only)?;
        let mut text = KVVec::new();
        for (index, (group, _)) in entries.iter().enumerate() {
            let wwn = group.wwn();
            let of_this =
                |entry: &&(RmdirGuard<Fabric>, SocketAddr)| core::ptr::eq(entry.0.wwn(), wwn);
            if entries.iter().take(index).any(|entry| of_this(&entry)) {
                continue;
            }
            add(&mut text, b"TargetName", target_name(group))?;
            for (group, address) in entries.iter().filter(of_this) {
                let mut place = [0; 64];
                let mut words = Words(Writer::new(&mut place));
                let tag = Fabric::tpg_get_tag(group);
                let written = write!(words, "{address},{tag}");
                let length = words.0.length();
                written.map_err(|_| EINVAL)?;
                add(
                    &mut text,
                    b"TargetAddress",
                    place.get(..length).unwrap_or_default(),
                )?;
            }
        }
        Ok(text)
    }

    /// Returns each portal group that is visible to `initiator`, once for each of its addresses.
    fn entries(
        &self,
        initiator: &PortName,
        local: Option<SocketAddr>,
        only: Option<&[u8]>,
    ) -> Result<KVVec<(RmdirGuard<Fabric>, SocketAddr)>> {
        let mut entries = KVVec::new();
        for portal in self.portals.lock().iter() {
            let mut address = portal.address;
            if let SocketAddr::V6(v6) = &mut address {
                // The zone of a link-local address is meaningful only on this machine.
                v6.set_scope_id(0);
            }
            if let Some(local) = local.filter(|_| address.ip().is_unspecified()) {
                address.set_ip(local.ip());
            }
            for group in portal.groups.lock().iter() {
                let is_selected = only.is_none_or(|only| only == target_name(group));
                if is_selected && is_shown(group, initiator) {
                    entries.push((group.clone(), address), GFP_KERNEL)?;
                }
            }
        }
        Ok(entries)
    }
}

/// Returns true if SendTargets lists a portal group for an initiator.
fn is_shown(group: &Tpg<Fabric>, initiator: &PortName) -> bool {
    let settings = group.data().group.settings();
    let is_up = group.data().group.is_enabled() || settings.tpg_enabled_sendtargets() == 0;
    is_up
        && (settings.generate_node_acls() != 0
            || settings.demo_mode_discovery() != 0
            || has_explicit_acl(group, initiator))
}

/// Appends a key and its value.
fn add(text: &mut KVVec<u8>, key: &[u8], value: &[u8]) -> Result {
    let mut place = [0; 256];
    let mut writer = Writer::new(&mut place);
    if !writer.pair(key, Value::Text(value)) {
        return Err(EINVAL);
    }
    let length = writer.length();
    text.extend_from_slice(place.get(..length).unwrap_or_default(), GFP_KERNEL)?;
    Ok(())
}

/// Writes formatted text into a buffer.
struct Words<'a>(Writer<'a>);

impl fmt::Write for Words<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.push(text.as_bytes()) {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

/// An address that initiators connect to.
#[pin_data]
pub(crate) struct Portal {
    address: SocketAddr,
    listener: Listener,
    /// Portal groups of the portal.
    #[pin]
    groups: Mutex<KVec<RmdirGuard<Fabric>>>,
    /// Connections accepted by the portal.
    #[pin]
    links: Mutex<KVec<Arc<Link>>>,
}

impl Portal {
    /// Listens at `address`.
    fn new(address: SocketAddr) -> Result<Arc<Self>> {
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

    /// Accepts connections until the portal is closed.
    fn accept(self: Arc<Self>) {
        loop {
            match self.listener.accept() {
                Ok(socket) => match self.begin(socket) {
                    // Never logged: what an initiator may do at any time.
                    Ok(()) | Err(EBUSY) => {}
                    Err(error) if socket::may_log() => {
                        let port = self.address.port();
                        pr_warn!("port {}: a connection is refused: {:?}\n", port, error);
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
                "portal {:?}: somebody has ended its listening; remove its directory and make it again\n",
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
                "portal {}: want ADDRESS:PORT, as in 192.0.2.1:3260, [2001:db8::1]:3260 or [fe80::1%eth0]:3260\n",
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
                    "portal {}: another group of this target has it; choose another address or port\n",
                    name
                );
                return Err(EEXIST);
            }
            groups.push(RmdirGuard::from(tpg), GFP_KERNEL)?;
            drop(groups);
            return Ok(Self {
                portal,
                group: RmdirGuard::from(tpg),
            });
        }
        let portal = Portal::new(address).inspect_err(|error| {
            pr_err!(
                "portal {}: {:?}: want an address that a machine can have, and a free port\n",
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
        Ok(Self {
            portal,
            group: RmdirGuard::from(tpg),
        })
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
    }
}
