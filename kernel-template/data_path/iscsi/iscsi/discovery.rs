// SPDX-License-Identifier: GPL-2.0-only

//! Discovery: the answer to SendTargets (RFC 7143, appendix C).

#![forbid(unsafe_code)]

use core::net::SocketAddr;

use kernel::{
    fmt::{self, Write},
    prelude::*, //
};

use super::{
    explicit_acl,
    keys::{Value, Writer},
    registry::Registry,
    target_name, //
};
use crate::{
    target::{Operations, RmdirGuard, Tpg},
    transport_id::PortName,
    Fabric, //
};

/// Returns the answer to SendTargets of `initiator`, which is connected to the address `local`: the
/// targets of the fabric with their addresses. `only` selects one target.
pub(super) fn targets(
    registry: &Registry,
    initiator: &PortName,
    local: Option<SocketAddr>,
    only: Option<&[u8]>,
) -> Result<KVVec<u8>> {
    let entries = entries(registry, initiator, local, only)?;
    let mut text = KVVec::new();
    for (index, (group, _)) in entries.iter().enumerate() {
        let wwn = group.wwn();
        let of_this = |entry: &&(RmdirGuard<Fabric>, SocketAddr)| core::ptr::eq(entry.0.wwn(), wwn);
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
    registry: &Registry,
    initiator: &PortName,
    local: Option<SocketAddr>,
    only: Option<&[u8]>,
) -> Result<KVVec<(RmdirGuard<Fabric>, SocketAddr)>> {
    let mut entries = KVVec::new();
    for portal in registry.portals.lock().iter() {
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

/// Returns true if SendTargets lists a portal group for an initiator.
fn is_shown(group: &Tpg<Fabric>, initiator: &PortName) -> bool {
    let settings = group.data().group.settings();
    let is_up = group.data().group.is_enabled() || settings.tpg_enabled_sendtargets() == 0;
    is_up
        && (settings.generate_node_acls() != 0
            || settings.demo_mode_discovery() != 0
            || explicit_acl(group, initiator).is_some())
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
