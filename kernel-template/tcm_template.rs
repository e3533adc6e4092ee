// SPDX-License-Identifier: GPL-2.0-only

//! template: a SCSI target fabric for iSCSI.
//!
//! A skeleton made by tcm-mod-builder, to be changed at will. It answers configfs: target ports,
//! portal groups and node ACLs come and go. It moves data between a SCSI host of this machine and
//! target core: where the wire belongs, a method calls `loopback.rs`.
//!
//! Ops that it leaves to target core, each a method of [`Operations`] to add: `add_wwn_groups`,
//! `fabric_enable_tpg`, `fabric_post_unlink`, `fabric_make_np`, `fabric_drop_np`.

#![deny(unsafe_code)]

// `unsafe` is in the generator's modules alone. The compiler refuses it in the author's.
#[allow(unsafe_code)]
mod bindings;
#[allow(unsafe_code)]
mod kunit;
mod loopback;
#[allow(unsafe_code)]
mod rcu;
#[allow(unsafe_code)]
mod scsi_host;
#[allow(unsafe_code)]
pub mod target;
#[allow(unsafe_code)]
mod transport_id;

use crate::{
    scsi_host::Command,
    target::{
        attributes, Aborted, Attribute, Attributes, Login, Lun, NodeAcl, Operations, Page, Pending,
        Protocol, Registration, Response, Session, Task, TmrResponse, Tpg, TpgAttribAttrs,
        TpgBaseAttrs, Wwn, WwnAttrs, TARGET_DIRECT_COMPL, TARGET_QUEUE_SUBMIT,
    },
    transport_id::PortName,
};
use kernel::{c_str, prelude::*, str::BStr, sync::Arc};

module! {
    type: TcmTemplateModule,
    name: "tcm_template",
    description: "template target fabric for iSCSI",
    license: "GPL",
}

/// The loaded module: it keeps the fabric registered with target core.
struct TcmTemplateModule {
    _fabric: Registration<Fabric>,
}

impl kernel::Module for TcmTemplateModule {
    fn init(module: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _fabric: Registration::new(module)?,
        })
    }
}

/// The template fabric. Its ops are the methods of [`Operations`].
struct Fabric;

/// A target port, `template/$WWN`.
struct Tport {
    tport_name: PortName,
}

/// A portal group of a target port, `template/$WWN/tpgt_$TAG`.
#[pin_data]
struct TportGroup {
    tport_tpgt: u16,
    #[pin]
    link: loopback::Link,
}

/// An initiator port that may log in, `template/$WWN/tpgt_$TAG/acls/$INITIATOR`.
///
/// Target core makes it all zero and frees it without dropping it, so a field must be valid at
/// zero, and change through a shared reference.
#[derive(Zeroable)]
struct Iport {}

/// `template/version`: the version of the fabric module.
struct Version;

#[vtable]
impl Attribute for Version {
    type Directory = WwnAttrs<Fabric>;

    fn show(_data: &(), page: &mut Page<'_>) -> Result {
        writeln!(page, "TCM_TEMPLATE fabric module 0.1")
    }
}

/// Checks the name of a port's directory: accepted in the port's canonical spelling alone, so that
/// a port has one directory.
fn check_port_name(name: &BStr) -> Result {
    if PortName::is_canonical(name) {
        return Ok(());
    }
    match PortName::parse(name) {
        Some(port) => Err(refused(name, port.as_bytes())),
        None => Err(refused(name, PortName::FORM.as_bytes())),
    }
}

/// Says in the log what a port's name should be, and returns the error.
fn refused(name: &BStr, want: &[u8]) -> Error {
    pr_err!("port name {}: want {}\n", name, BStr::from_bytes(want));
    EINVAL
}

#[vtable]
impl Operations for Fabric {
    const NAME: &'static CStr = c_str!("template");
    const PROTOCOL: Protocol = Protocol::ISCSI;
    // An administrator may choose so, too, with `complete_type`.
    const DIRECT_COMPL_SUPP: bool = true;
    // Never in the submitter's context: it may be in the middle of a file system.
    const DEFAULT_SUBMIT_TYPE: u8 = TARGET_QUEUE_SUBMIT;
    // In the backstore's context: nothing on the way to the initiator sleeps.
    const DEFAULT_COMPL_TYPE: u8 = TARGET_DIRECT_COMPL;
    const TFC_WWN_ATTRS: Attributes<WwnAttrs<Self>> =
        attributes!(WwnAttrs<Fabric> { version: Version });
    const TFC_TPG_BASE_ATTRS: Attributes<TpgBaseAttrs<Self>> = attributes!(TpgBaseAttrs<Fabric> {
        address: loopback::Address,
        nexus: loopback::NexusName,
        transport_status: loopback::TransportStatus,
    });
    const TFC_TPG_ATTRIB_ATTRS: Attributes<TpgAttribAttrs<Self>> =
        attributes!(TpgAttribAttrs<Fabric> { fabric_prot_type: loopback::FabricProtType });

    type Data = ();
    type Wwn = Tport;
    type Tpg = TportGroup;
    type Np = ();
    type NodeAcl = Iport;
    type NodeAclState = ();
    type Session = ();
    type Cmd = ();
    type CmdMemory = Command<loopback::Loopback>;
    type Tmr = Arc<loopback::Waiter>;

    /// Prepares the host template for the SCSI hosts of the portal groups.
    fn init(module: &'static ThisModule) -> Result<Self::Data> {
        loopback::TEMPLATE.prepare(module)
    }

    /// The name of the target port.
    fn tpg_get_wwn(se_tpg: &Tpg<Self>) -> &CStr {
        target::c_str(se_tpg.wwn().data().tport_name.to_bytes_with_nul())
    }

    /// The tag of the portal group.
    fn tpg_get_tag(se_tpg: &Tpg<Self>) -> u16 {
        se_tpg.data().tport_tpgt
    }

    /// As many commands as the host's queue holds.
    fn tpg_get_default_depth(_se_tpg: &Tpg<Self>) -> u32 {
        scsi_host::QUEUE_DEPTH
    }

    /// Every initiator may log in: an administrator does it, by writing `nexus`.
    fn tpg_check_demo_mode(_se_tpg: &Tpg<Self>) -> bool {
        true
    }

    /// No: the fabric has no such mode.
    fn tpg_check_demo_mode_cache(_se_tpg: &Tpg<Self>) -> bool {
        false
    }

    /// No: the fabric has no such mode.
    fn tpg_check_demo_mode_write_protect(_se_tpg: &Tpg<Self>) -> bool {
        false
    }

    /// No: the fabric has no such mode.
    fn tpg_check_prod_mode_write_protect(_se_tpg: &Tpg<Self>) -> bool {
        false
    }

    /// No: the fabric has no such mode.
    fn tpg_check_demo_mode_login_only(_se_tpg: &Tpg<Self>) -> bool {
        false
    }

    /// The value of the attribute `fabric_prot_type`.
    fn tpg_check_prot_fabric_only(se_tpg: &Tpg<Self>) -> i32 {
        se_tpg.data().link.protection_type()
    }

    /// There is one instance.
    fn tpg_get_inst_index(_se_tpg: &Tpg<Self>) -> u32 {
        1
    }

    /// Gives the command back to the SCSI host.
    fn release_cmd(se_cmd: Self::CmdMemory) {
        se_cmd.done()
    }

    /// Logs the initiator out.
    fn close_session(se_sess: &Login<Self>) {
        loopback::close_session(se_sess)
    }

    /// A portal group has one session.
    fn sess_get_index(_se_sess: &Session<Self>) -> u32 {
        1
    }

    /// Always the same, of the random kind (RFC 7143, section 11.12.5): a portal group has one
    /// session.
    fn sess_get_initiator_sid(_se_sess: &Session<Self>, buf: &mut [u8]) -> usize {
        const ISID: &[u8] = b"800000000001";
        match buf.get_mut(..ISID.len()) {
            Some(place) => {
                place.copy_from_slice(ISID);
                ISID.len()
            }
            None => 0,
        }
    }

    /// Executes the write: its data are there.
    fn write_pending(se_cmd: Pending<Self>) {
        loopback::write_pending(se_cmd)
    }

    /// Changes nothing.
    fn set_default_node_attributes(_se_nacl: &NodeAcl<Self>) {}

    /// A command has no state on the wire.
    fn get_cmd_state(_se_cmd: &Task<Self>) -> i32 {
        0
    }

    /// Responds: the data are there, in the initiator's memory.
    fn queue_data_in(se_cmd: Response<'_, Self>) -> Result<(), Response<'_, Self>> {
        loopback::respond(&se_cmd);
        Ok(())
    }

    /// Responds.
    fn queue_status(se_cmd: Response<'_, Self>) -> Result<(), Response<'_, Self>> {
        loopback::respond(&se_cmd);
        Ok(())
    }

    /// Wakes the SCSI host's error handler.
    fn queue_tm_rsp(se_cmd: TmrResponse<Self>) {
        loopback::respond_tmr(se_cmd)
    }

    /// An aborted command returns to the SCSI host when it is released. A thread that waits for a
    /// task management function is woken here.
    fn aborted_task(se_cmd: Aborted<'_, Self>) {
        if let Aborted::Tmr(waiter) = se_cmd {
            waiter.answer(false);
        }
    }

    /// Makes a target port of a valid name.
    fn fabric_make_wwn(_data: &Self::Data, name: &BStr) -> Result<impl PinInit<Self::Wwn, Error>> {
        check_port_name(name)?;
        let tport_name = PortName::parse(name).ok_or(EINVAL)?;
        Ok(try_init!(Tport { tport_name }))
    }

    /// Nothing to stop: each portal group has a wire of its own.
    fn fabric_drop_wwn(_se_wwn: &Wwn<Self>) {}

    /// Makes a portal group with the tag that its name says.
    fn fabric_make_tpg(_se_wwn: &Wwn<Self>, name: &BStr) -> Result<impl PinInit<Self::Tpg, Error>> {
        let tag = target::tpg_tag(name)?;
        Ok(try_pin_init!(TportGroup {
            tport_tpgt: tag,
            link <- loopback::Link::new(tag),
        }))
    }

    /// Logs the initiator out.
    fn fabric_drop_tpg(se_tpg: &Tpg<Self>) {
        se_tpg.data().link.close()
    }

    /// Adds the SCSI device of the LUN.
    fn fabric_post_link(se_tpg: &Tpg<Self>, se_lun: &Lun) -> Result {
        se_tpg.data().link.add_lun(se_lun)
    }

    /// Removes the SCSI device of the LUN.
    fn fabric_pre_unlink(se_tpg: &Tpg<Self>, se_lun: &Lun) {
        se_tpg.data().link.remove_lun(se_lun)
    }

    /// Accepts a list under the canonical name of an initiator port: the one that target core's
    /// TransportIDs name.
    fn fabric_init_nodeacl(_se_nacl: &NodeAcl<Self>, name: &BStr) -> Result {
        check_port_name(name)
    }
}
