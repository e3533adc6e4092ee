// SPDX-License-Identifier: GPL-2.0-only

//! nab5000: a SCSI target fabric for iSCSI.
//!
//! A skeleton by tcm-mod-builder; edit it freely. Its configfs tree has target ports, portal
//! groups and node ACLs. Its initiators are SCSI hosts of this machine; that transport is
//! `loopback.rs`, which the methods call.
//!
//! Ops left to target core, each a method of [`Operations`] to add: `add_wwn_groups`,
//! `fabric_enable_tpg`, `fabric_post_unlink`, `fabric_make_np`, `fabric_drop_np`.

#![deny(unsafe_code)]

// Only the generator's modules have `unsafe` code: elsewhere it is a compile error.
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
mod slot;
#[allow(unsafe_code)]
pub mod target;
#[allow(unsafe_code)]
mod transport_id;

use crate::{
    scsi_host::Command,
    target::{
        attributes,
        module_target_fabric,
        Aborted,
        Attribute,
        Attributes,
        Lun,
        NodeAcl,
        Operations,
        Page,
        Pending,
        Protocol,
        Released,
        Response,
        Retry,
        Session,
        SessionData,
        Task,
        TmrResponse,
        Tpg,
        TpgAttribAttrs,
        TpgBaseAttrs,
        Wwn,
        WwnAttrs,
        TARGET_DIRECT_COMPL,
        TARGET_QUEUE_SUBMIT, //
    },
    transport_id::PortName, //
};
use kernel::{
    c_str,
    prelude::*,
    str::{BStr, CString},
    sync::Arc, //
};

module_target_fabric! {
    type: Fabric,
    name: "tcm_nab5000",
    description: "nab5000 target fabric for iSCSI",
    license: "GPL",
}

/// The nab5000 fabric; the methods of [`Operations`] are its ops.
struct Fabric;

/// A target port, `nab5000/$WWN`.
struct TargetPort {
    name: CString,
}

/// A portal group of a target port, `nab5000/$WWN/tpgt_$TAG`.
#[pin_data]
struct PortalGroup {
    tag: u16,
    #[pin]
    group: loopback::Group,
}

/// An initiator port that may log in:
/// `nab5000/$WWN/tpgt_$TAG/acls/$INITIATOR`.
///
/// Target core allocates it zeroed, and frees it without dropping it. A field must be valid when
/// zeroed, and must change through shared references.
#[derive(Zeroable)]
struct InitiatorPort {}

/// Content of `nab5000/version`.
const VERSION: &str = "TCM_NAB5000 fabric module 0.1";

/// `nab5000/version`: the version of the fabric module.
struct Version;

#[vtable]
impl Attribute for Version {
    type Directory = WwnAttrs<Fabric>;

    fn show(_data: &(), page: &mut Page<'_>) -> Result {
        writeln!(page, "{VERSION}")
    }
}

/// Accepts the directory of a port only under the canonical name, so that a port has one directory.
///
/// # Errors
///
/// Returns [`EINVAL`], and logs the canonical name.
fn check_port_name(name: &BStr) -> Result {
    if PortName::is_canonical(name) {
        return Ok(());
    }
    match PortName::parse(name) {
        Some(port) => Err(refused(name, port.as_bytes())),
        None => Err(refused(name, PortName::FORM.as_bytes())),
    }
}

/// Logs the expected name, and returns the error.
fn refused(name: &BStr, want: &[u8]) -> Error {
    pr_err!(
        "cannot use port name {}: want {}\n",
        name,
        BStr::from_bytes(want)
    );
    EINVAL
}

#[vtable]
impl Operations for Fabric {
    const NAME: &'static CStr = c_str!("nab5000");
    const PROTOCOL: Protocol = Protocol::ISCSI;
    // For the attribute `complete_type`.
    const DIRECT_COMPL_SUPP: bool = true;
    // Never in the context of the submitter, which may hold locks of a file system.
    const DEFAULT_SUBMIT_TYPE: u8 = TARGET_QUEUE_SUBMIT;
    // In the context of the backstore: completion does not sleep.
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
    type Wwn = TargetPort;
    type Tpg = PortalGroup;
    type Np = ();
    type NodeAcl = InitiatorPort;
    type NodeAclState = ();
    type Session = ();
    type Cmd = ();
    type CmdMemory = Command<loopback::Loopback>;
    type Tmr = Arc<loopback::Waiter>;

    /// Called in process context.
    ///
    /// Prepares the template for the SCSI hosts of the portal groups.
    fn init(module: &'static ThisModule) -> Result<impl PinInit<Self::Data, Error>> {
        loopback::TEMPLATE.prepare(module).map(target::by_value)
    }

    /// Called in process context, but under a spinlock or RCU's read lock: do not sleep.
    ///
    /// Returns the name of the target port.
    fn tpg_get_wwn(se_tpg: &Tpg<Self>) -> &CStr {
        &se_tpg.wwn().data().name
    }

    /// Called in process context, but under a spinlock or RCU's read lock: do not sleep.
    ///
    /// Returns the tag of the portal group.
    fn tpg_get_tag(se_tpg: &Tpg<Self>) -> u16 {
        se_tpg.data().tag
    }

    /// Called in process context.
    ///
    /// Returns the queue depth of the SCSI host.
    fn tpg_get_default_depth(_se_tpg: &Tpg<Self>) -> u32 {
        scsi_host::QUEUE_DEPTH
    }

    /// Called in process context.
    ///
    /// Returns true: an administrator logs any initiator in by writing its name to `nexus`.
    fn tpg_check_demo_mode(_se_tpg: &Tpg<Self>) -> bool {
        true
    }

    /// Called in process context.
    ///
    /// Returns false: a demo-mode node ACL is freed when its session ends.
    fn tpg_check_demo_mode_cache(_se_tpg: &Tpg<Self>) -> bool {
        false
    }

    /// Called in process context.
    ///
    /// Returns false: LUNs are writable in demo mode.
    fn tpg_check_demo_mode_write_protect(_se_tpg: &Tpg<Self>) -> bool {
        false
    }

    /// Called in process context, but under a spinlock or RCU's read lock: do not sleep.
    ///
    /// Returns false: the LUNs of a node ACL are writable.
    fn tpg_check_prod_mode_write_protect(_se_tpg: &Tpg<Self>) -> bool {
        false
    }

    /// Called in process context.
    ///
    /// Returns false: initiators in demo mode see the LUNs of the portal group.
    fn tpg_check_demo_mode_login_only(_se_tpg: &Tpg<Self>) -> bool {
        false
    }

    /// Called in process context, but under a spinlock or RCU's read lock: do not sleep.
    ///
    /// Returns the value of the attribute `fabric_prot_type`.
    fn tpg_check_prot_fabric_only(se_tpg: &Tpg<Self>) -> i32 {
        se_tpg.data().group.protection_type()
    }

    /// Called in process context, but under a spinlock or RCU's read lock: do not sleep.
    ///
    /// Returns 1: the fabric has one instance.
    fn tpg_get_inst_index(_se_tpg: &Tpg<Self>) -> u32 {
        1
    }

    /// Called in any context: do not sleep.
    ///
    /// Returns the command to the SCSI host.
    fn release_cmd(se_cmd: Released<'_, Self>) {
        se_cmd.done()
    }

    /// Called in process context.
    ///
    /// Logs the initiator out.
    fn close_session(se_sess: &SessionData<Self>) {
        loopback::close_session(se_sess)
    }

    /// Called in process context, but under a spinlock or RCU's read lock: do not sleep.
    ///
    /// Returns 1: a portal group has one session.
    fn sess_get_index(_se_sess: &Session<Self>) -> u32 {
        1
    }

    /// Called in process context, but under a spinlock or RCU's read lock: do not sleep.
    ///
    /// Writes a constant ISID of the random type (RFC 7143, section 11.12.5): a portal group has
    /// one session.
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

    /// Called in process context.
    ///
    /// Executes the write: its data are already in the memory of the SCSI command.
    fn write_pending(se_cmd: Pending<Self>) {
        loopback::write_pending(se_cmd)
    }

    /// Called in process context.
    ///
    /// Does nothing: the data of a new node ACL are zeroed.
    fn set_default_node_attributes(_se_nacl: &NodeAcl<Self>) {}

    /// Called in any context: do not sleep.
    ///
    /// Returns 0: the transport keeps no state of a command.
    fn get_cmd_state(_se_cmd: &Task<Self>) -> i32 {
        0
    }

    /// With direct completion, called in the context of the backstore, which may be a hard
    /// interrupt: do not sleep. Otherwise called in process context.
    ///
    /// Records the status: the data of a read are already in the memory of the SCSI command.
    fn queue_data_in(se_cmd: Response<'_, Self>) -> Result<(), Retry<'_, Self>> {
        loopback::respond(&se_cmd);
        Ok(())
    }

    /// With direct completion, called in the context of the backstore, which may be a hard
    /// interrupt: do not sleep. For a command that is refused at submission, called in the context
    /// of the submitter. Otherwise called in process context.
    ///
    /// Records the status for the SCSI command.
    fn queue_status(se_cmd: Response<'_, Self>) -> Result<(), Retry<'_, Self>> {
        loopback::respond(&se_cmd);
        Ok(())
    }

    /// Called in process context.
    ///
    /// Wakes the error handler of the SCSI host with the response.
    fn queue_tm_rsp(se_cmd: TmrResponse<Self>) {
        loopback::respond_tmr(se_cmd)
    }

    /// Called in any context: do not sleep.
    ///
    /// Wakes the error handler that waits for an aborted task management function. An aborted
    /// command returns to the SCSI host by `release_cmd`.
    fn aborted_task(se_cmd: Aborted<'_, Self>) {
        if let Aborted::Tmr(waiter) = se_cmd {
            waiter.answer(false);
        }
    }

    /// Called in process context.
    ///
    /// Creates a target port. Refuses a name that is not canonical.
    fn fabric_make_wwn(_data: &Self::Data, name: &BStr) -> Result<impl PinInit<Self::Wwn, Error>> {
        check_port_name(name)?;
        let name = PortName::parse(name).ok_or(EINVAL)?;
        let name = CString::try_from(target::c_str(name.to_bytes_with_nul())?)?;
        Ok(try_init!(TargetPort { name }))
    }

    /// Called in process context.
    ///
    /// Does nothing: each portal group has its own SCSI host.
    fn fabric_drop_wwn(_se_wwn: &Wwn<Self>) {}

    /// Called in process context.
    ///
    /// Creates a portal group with the tag in its name.
    fn fabric_make_tpg(_se_wwn: &Wwn<Self>, name: &BStr) -> Result<impl PinInit<Self::Tpg, Error>> {
        let tpgt = target::tpg_tag(name)?;
        Ok(try_pin_init!(PortalGroup {
            tag: tpgt,
            group <- loopback::Group::new(tpgt),
        }))
    }

    /// Called in process context.
    ///
    /// Logs the initiator out.
    fn fabric_drop_tpg(se_tpg: &Tpg<Self>) {
        se_tpg.data().group.close()
    }

    /// Called in process context.
    ///
    /// Adds the SCSI device of the LUN.
    fn fabric_post_link(se_tpg: &Tpg<Self>, se_lun: &Lun) -> Result {
        se_tpg.data().group.add_lun(se_lun)
    }

    /// Called in process context.
    ///
    /// Removes the SCSI device of the LUN.
    fn fabric_pre_unlink(se_tpg: &Tpg<Self>, se_lun: &Lun) {
        se_tpg.data().group.remove_lun(se_lun)
    }

    /// Called in process context.
    ///
    /// Accepts a node ACL only under the canonical name of an initiator port, the one that target
    /// core derives from a TransportID.
    fn fabric_init_nodeacl(_se_nacl: &NodeAcl<Self>, name: &BStr) -> Result {
        check_port_name(name)
    }
}
