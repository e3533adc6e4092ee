// SPDX-License-Identifier: GPL-2.0-only

//! Portal groups: the nexus of the host, and the LUNs.

#![forbid(unsafe_code)]

use kernel::{
    prelude::*,
    str::BStr,
    sync::{new_mutex, Arc, Mutex}, //
};

use super::Slot;
use crate::{
    irq_lock::IrqLock,
    target::{
        self, Attribute, Nexus, Page, ProtectionOps, SessionData, SessionHandle, Tpg, TpgBaseAttrs,
    },
    transport_id::PortName,
    Fabric, //
};

/// Number of tags of a session: more than the commands in progress, since a lane takes its next
/// command before target core frees the tag of the last one.
pub(crate) const DEPTH: u32 = 64;

/// Maximum LUN of the bulk-only transport.
const LUN_MAX: u64 = 15;

/// The data of a portal group.
#[pin_data]
pub(crate) struct Group {
    #[pin]
    nexus: Mutex<Option<Nexus<Fabric>>>,
    #[pin]
    session: IrqLock<Option<SessionHandle<Fabric>>>,
    #[pin]
    luns: IrqLock<Luns>,
}

/// The LUNs with a backstore.
struct Luns {
    count: u32,
    /// A bit for each LUN up to [`LUN_MAX`].
    first: u16,
}

impl Group {
    /// Creates the data of a portal group.
    pub(crate) fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                nexus <- new_mutex!(None),
                session <- IrqLock::new(None),
                luns <- IrqLock::new(Luns { count: 0, first: 0 }),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns the session of the host, if it is logged in. Called in any context.
    pub(super) fn session(&self) -> Option<SessionHandle<Fabric>> {
        self.session.with(|session| session.clone())
    }

    /// Returns the highest LUN with a backstore that the bulk-only transport can name.
    pub(super) fn last_lun(&self) -> u8 {
        let first = self.luns.with(|luns| luns.first);
        first.checked_ilog2().unwrap_or(0) as u8
    }

    /// Counts a LUN that got a backstore.
    pub(crate) fn add_lun(&self, lun: &target::Lun) {
        let bit = bit(lun);
        self.luns.with(|luns| {
            luns.count += 1;
            luns.first |= bit;
        });
    }

    /// Counts a LUN whose backstore is about to be unlinked.
    pub(crate) fn remove_lun(&self, lun: &target::Lun) {
        let bit = bit(lun);
        self.luns.with(|luns| {
            luns.count = luns.count.saturating_sub(1);
            luns.first &= !bit;
        });
    }

    /// Logs the host in.
    fn log_in(&self, tpg: &Tpg<Fabric>, name: &PortName) -> Result {
        let mut place = self.nexus.lock();
        if place.is_some() {
            return Err(EEXIST);
        }
        let name = target::c_str(name.to_bytes_with_nul())?;
        let slot = |_| try_init!(Slot {});
        let data = target::by_value(());
        let nexus = Nexus::with_slots(tpg, name, ProtectionOps::NORMAL, data, DEPTH, slot)?;
        // Target core may have called `close_session` before the nexus was in its place.
        if nexus.is_close_requested() {
            return Err(ENODEV);
        }
        let handle = nexus.handle();
        *place = Some(nexus);
        self.session.with(|session| *session = Some(handle));
        Ok(())
    }

    /// Logs the host out. Fails while a LUN has a backstore.
    fn log_out(&self) -> Result {
        if self.luns.with(|luns| luns.count) != 0 {
            pr_err!("cannot log out: a LUN has a backstore; unlink it first\n");
            return Err(EPERM);
        }
        self.end().then_some(()).ok_or(ENODEV)
    }

    /// Ends the nexus. Returns false without one.
    fn end(&self) -> bool {
        let mut place = self.nexus.lock();
        let handle = self.session.with(Option::take);
        let nexus = place.take();
        drop(place);
        drop(handle);
        nexus.is_some()
    }
}

/// Returns the bit of a LUN, or 0.
fn bit(lun: &target::Lun) -> u16 {
    let number = lun.unpacked_lun();
    if number <= LUN_MAX {
        1 << number
    } else {
        0
    }
}

/// Gives the group a function of a gadget, or takes it away.
pub(crate) fn enable(tpg: &Tpg<Fabric>, enable: bool) -> Result {
    let (registry, group) = (&tpg.wwn().fabric().registry, &tpg.data().group);
    if enable {
        registry.add_group(group)
    } else {
        registry.remove_group(group);
        Ok(())
    }
}

/// Takes the function from a group that is being removed, and logs the host out.
pub(crate) fn close(tpg: &Tpg<Fabric>) {
    let group = &tpg.data().group;
    tpg.wwn().fabric().registry.remove_group(group);
    group.end();
}

/// Ends a session whose node ACL is being removed or changed.
pub(crate) fn close_session(session: &SessionData<Fabric>) {
    session.tpg().data().group.end();
}

/// `tpgt_$TAG/nexus`: the name of the host. Writing a name logs the host in; writing `NULL` logs it
/// out.
pub(crate) struct NexusName;

#[vtable]
impl Attribute for NexusName {
    type Directory = TpgBaseAttrs<Fabric>;

    fn show(tpg: &Tpg<Fabric>, page: &mut Page<'_>) -> Result {
        let nexus = tpg.data().group.nexus.lock();
        page.write_bytes(nexus.as_ref().ok_or(ENODEV)?.initiator_name())?;
        page.write_bytes(b"\n")
    }

    fn store(tpg: &Tpg<Fabric>, text: &BStr) -> Result {
        let group = &tpg.data().group;
        if **text == *b"NULL" {
            return group.log_out();
        }
        // Any spelling of the name is accepted; `parse` returns the canonical one.
        let name =
            PortName::parse(text).ok_or_else(|| crate::refused(text, PortName::FORM.as_bytes()))?;
        group.log_in(tpg, &name)
    }
}
