// SPDX-License-Identifier: GPL-2.0-only

//! The loopback transport: each portal group is a SCSI host of this machine.
//!
//! An administrator logs an initiator in by writing its name to `nexus` of the portal group. Each
//! LUN is then a device of the host, at the address in `address`. Commands of the host are
//! submitted to target core, and its responses complete them.
//!
//! Replace this file and its directory to add a transport. A transport sets up a [`Nexus`] when an
//! initiator logs in, submits the commands of the initiator, and implements the functions that the
//! driver's ops call.

#![forbid(unsafe_code)]

mod tmf;

use kernel::{
    c_str,
    prelude::*,
    rbtree::RBTree,
    str::BStr,
    sync::{new_mutex, Mutex}, //
};

use crate::{
    scsi_host::{Command, Driver, Host, HostByte, Template},
    slot::Slot,
    target::{
        self,
        atomic::{Atomic, Relaxed},
        Attribute, Lun, Nexus, Page, Pending, ProtectionOps, Refusal, Request, Response,
        SessionData, TaskAttribute, TmrResponse, Tpg, TpgAttribAttrs, TpgBaseAttrs,
    },
    transport_id::PortName,
    Fabric, //
};

pub(crate) use tmf::Waiter;

/// Host template, prepared when the module is loaded.
pub(crate) static TEMPLATE: Template<Loopback> = Template::new();

/// The driver of the SCSI hosts.
pub(crate) struct Loopback;

/// Data of a SCSI host: the initiator's side of a portal group.
#[pin_data]
pub(crate) struct Initiator {
    /// Target identifier of the devices: the tag of the portal group.
    id: u32,
    is_online: Atomic<bool>,
    #[pin]
    nexus: Slot<Nexus<Fabric>>,
}

#[vtable]
impl Driver for Loopback {
    const NAME: &'static CStr = c_str!("tcm_nab5000");

    type Fabric = Fabric;
    type Data = Initiator;

    fn queuecommand(initiator: &Initiator, command: Command<Self>) {
        if command.id() != initiator.id {
            return command.fail(HostByte::NO_CONNECT);
        }
        if !initiator.is_online.load(Relaxed) {
            return command.fail(HostByte::TRANSPORT_DISRUPTED);
        }
        let Some(nexus) = initiator.nexus.read() else {
            return command.fail(HostByte::NO_CONNECT);
        };
        let request = Request {
            tag: command.tag(),
            lun: command.lun(),
            cdb: &command.cdb(),
            attribute: TaskAttribute::SIMPLE,
        };
        if let Err(refused) = nexus.submit(command, (), &request) {
            refused.memory.fail(match refused.reason {
                Refusal::Stopped => HostByte::TRANSPORT_DISRUPTED,
                Refusal::ShortCdb => HostByte::ERROR,
            });
        }
    }

    fn eh_abort_handler(initiator: &Initiator, lun: u64, tag: u64) -> bool {
        tmf::abort(initiator, lun, tag)
    }

    fn eh_device_reset_handler(initiator: &Initiator, lun: u64) -> bool {
        tmf::reset_lun(initiator, lun)
    }
}

/// Data of a portal group: its SCSI host, and its LUNs with a backstore.
#[pin_data]
pub(crate) struct Group {
    host: Host<Loopback>,
    /// LUNs with a backstore. The lock is held while devices are added and removed.
    #[pin]
    luns: Mutex<RBTree<u64, ()>>,
    protection_type: Atomic<i32>,
}

impl Group {
    /// Creates the SCSI host of the portal group with this tag.
    pub(crate) fn new(tag: u16) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            host: Host::new(
                &TEMPLATE,
                tag.into(),
                try_pin_init!(Initiator {
                    id: tag.into(),
                    is_online: Atomic::new(true),
                    nexus <- Slot::new(),
                }),
            )?,
            luns <- new_mutex!(RBTree::new()),
            protection_type: Atomic::new(0),
        })
    }

    fn initiator(&self) -> &Initiator {
        self.host.data()
    }

    /// Adds the device of a LUN that got a backstore. Without a nexus, the next login adds it.
    pub(crate) fn add_lun(&self, lun: &Lun) -> Result {
        let number = lun.unpacked_lun();
        let mut luns = self.luns.lock();
        luns.try_create_and_insert(number, (), GFP_KERNEL)?;
        let has_nexus = self.initiator().nexus.read().is_some();
        if has_nexus {
            self.add_device(number);
        }
        Ok(())
    }

    /// Removes the device of a LUN whose backstore is about to be unlinked.
    pub(crate) fn remove_lun(&self, lun: &Lun) {
        let number = lun.unpacked_lun();
        let mut luns = self.luns.lock();
        luns.remove(&number);
        // The device is missing if there is no nexus, or if user space has deleted it in sysfs.
        let _ = self.host.remove_device(self.initiator().id, number);
    }

    fn add_device(&self, lun: u64) {
        if let Err(error) = self.host.add_device(self.initiator().id, lun) {
            pr_err!("LUN {}: cannot add SCSI device: {:?}\n", lun, error);
        }
    }

    /// Logs an initiator in, and adds the devices of the LUNs.
    fn log_in(&self, tpg: &Tpg<Fabric>, name: &PortName) -> Result {
        let luns = self.luns.lock();
        let slot = &self.initiator().nexus;
        if slot.read().is_some() {
            return Err(EEXIST);
        }
        let name = target::c_str(name.to_bytes_with_nul())?;
        let nexus = Nexus::new(tpg, name, ProtectionOps::PASS, target::by_value(()))?;
        let nexus = KBox::new(nexus, GFP_KERNEL)?;
        slot.replace(Some(nexus));
        // Target core may have called `close_session` before the nexus was in the slot.
        let nexus = slot.read();
        if nexus.is_some_and(|nexus| nexus.is_close_requested()) {
            self.close();
            return Err(ENODEV);
        }
        for lun in luns.keys() {
            self.add_device(*lun);
        }
        Ok(())
    }

    /// Logs the initiator out. Fails while a LUN has a backstore.
    fn log_out(&self) -> Result {
        let luns = self.luns.lock();
        if let Some(lun) = luns.keys().next() {
            pr_err!(
                "cannot log out: LUN {} has a backstore; unlink it first\n",
                lun
            );
            return Err(EPERM);
        }
        self.initiator().nexus.replace(None).map(drop).ok_or(ENODEV)
    }

    /// Ends the nexus even if LUNs have a backstore: its node ACL or its portal group is being
    /// removed.
    pub(crate) fn close(&self) {
        drop(self.initiator().nexus.replace(None));
    }

    /// Returns the protection type that the fabric offers for backstores without one.
    pub(crate) fn protection_type(&self) -> i32 {
        self.protection_type.load(Relaxed)
    }
}

/// Executes a write, whose data are already in the memory of the command.
pub(crate) fn write_pending(command: Pending<Fabric>) {
    command.execute();
}

/// Records the response to a command, which `release_cmd` returns to the host.
pub(crate) fn respond(response: &Response<'_, Fabric>) {
    Command::<Loopback>::respond(response);
}

/// Wakes the thread that waits for a task management function.
pub(crate) fn respond_tmr(response: TmrResponse<Fabric>) {
    let is_complete = response.is_complete();
    response.into_data().answer(is_complete);
}

/// Ends a session whose node ACL is being removed or changed.
pub(crate) fn close_session(session: &SessionData<Fabric>) {
    session.tpg().data().group.close();
}

/// `tpgt_$TAG/nexus`: the name of the initiator that is logged in. Writing a name logs an initiator
/// in; writing `NULL` logs it out.
pub(crate) struct NexusName;

#[vtable]
impl Attribute for NexusName {
    type Directory = TpgBaseAttrs<Fabric>;

    fn show(tpg: &Tpg<Fabric>, page: &mut Page<'_>) -> Result {
        let nexus = tpg.data().group.initiator().nexus.read();
        page.write_bytes(nexus.ok_or(ENODEV)?.initiator_name())?;
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

/// `tpgt_$TAG/address`: the host, channel and target of the devices.
pub(crate) struct Address;

#[vtable]
impl Attribute for Address {
    type Directory = TpgBaseAttrs<Fabric>;

    fn show(tpg: &Tpg<Fabric>, page: &mut Page<'_>) -> Result {
        let group = &tpg.data().group;
        writeln!(page, "{}:0:{}", group.host.number(), group.initiator().id)
    }
}

/// `tpgt_$TAG/transport_status`: `online`, or `offline` to disrupt the transport.
pub(crate) struct TransportStatus;

#[vtable]
impl Attribute for TransportStatus {
    type Directory = TpgBaseAttrs<Fabric>;

    fn show(tpg: &Tpg<Fabric>, page: &mut Page<'_>) -> Result {
        let is_online = tpg.data().group.initiator().is_online.load(Relaxed);
        writeln!(page, "{}", if is_online { "online" } else { "offline" })
    }

    fn store(tpg: &Tpg<Fabric>, text: &BStr) -> Result {
        let initiator = tpg.data().group.initiator();
        match &**text {
            b"online" => initiator.is_online.store(true, Relaxed),
            b"offline" => {
                initiator.is_online.store(false, Relaxed);
                if let Some(nexus) = initiator.nexus.read() {
                    nexus.report_nexus_loss();
                }
            }
            _ => {
                pr_err!(
                    "cannot set transport_status to {}: want online or offline\n",
                    text
                );
                return Err(EINVAL);
            }
        }
        Ok(())
    }
}

/// `tpgt_$TAG/attrib/fabric_prot_type`: the protection type that the fabric offers for backstores
/// without one: 0 for none, 1 or 3. A change takes effect with the next login.
pub(crate) struct FabricProtType;

#[vtable]
impl Attribute for FabricProtType {
    type Directory = TpgAttribAttrs<Fabric>;

    fn show(tpg: &Tpg<Fabric>, page: &mut Page<'_>) -> Result {
        writeln!(page, "{}", tpg.data().group.protection_type())
    }

    fn store(tpg: &Tpg<Fabric>, text: &BStr) -> Result {
        let value = match &**text {
            b"0" => 0,
            b"1" => 1,
            b"3" => 3,
            _ => {
                pr_err!("cannot set fabric_prot_type to {}: want 0, 1 or 3\n", text);
                return Err(EINVAL);
            }
        };
        tpg.data().group.protection_type.store(value, Relaxed);
        Ok(())
    }
}
