// SPDX-License-Identifier: GPL-2.0-only

//! nab5000: a SCSI target fabric for iSCSI.
//!
//! A skeleton by tcm-mod-builder; edit it freely. Its configfs tree has target ports, portal
//! groups and node ACLs. It has no transport: no session is created and no command is submitted.
//! The methods that a transport needs do nothing.
//!
//! Ops left to target core, each a method of [`Operations`] to add: `add_wwn_groups`,
//! `fabric_post_link`, `fabric_pre_unlink`, `fabric_post_unlink`, `fabric_make_np`,
//! `fabric_drop_np`.

#![deny(unsafe_code)]

// Only the generator's modules have `unsafe` code: elsewhere it is a compile error.
#[allow(unsafe_code)]
mod bindings;
#[allow(unsafe_code)]
mod kunit;
#[allow(unsafe_code)]
pub mod target;
#[allow(unsafe_code)]
mod transport_id;

use crate::{
    target::{
        attributes,
        module_target_fabric,
        Aborted,
        Attribute,
        Attributes,
        BoxedCmd,
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
        Wwn,
        WwnAttrs, //
    },
    transport_id::PortName, //
};
use kernel::{
    c_str,
    prelude::*,
    str::{BStr, CString}, //
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
struct PortalGroup {
    tag: u16,
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
    const TFC_WWN_ATTRS: Attributes<WwnAttrs<Self>> =
        attributes!(WwnAttrs<Fabric> { version: Version });

    type Data = ();
    type Wwn = TargetPort;
    type Tpg = PortalGroup;
    type Np = ();
    type NodeAcl = InitiatorPort;
    type NodeAclState = ();
    type Session = ();
    type Cmd = ();
    type CmdMemory = BoxedCmd<Self>;
    type Tmr = ();

    /// Called in process context.
    ///
    /// Returns no data: the fabric has none.
    fn init(_module: &'static ThisModule) -> Result<impl PinInit<Self::Data, Error>> {
        Ok(target::by_value(()))
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
    /// Returns 1, one command at a time. Raise it to the queue depth of the transport.
    fn tpg_get_default_depth(_se_tpg: &Tpg<Self>) -> u32 {
        1
    }

    /// Called in process context.
    ///
    /// Returns false: only initiators with a node ACL may log in.
    fn tpg_check_demo_mode(_se_tpg: &Tpg<Self>) -> bool {
        false
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
    /// Returns 0: the fabric offers no protection information of its own.
    fn tpg_check_prot_fabric_only(_se_tpg: &Tpg<Self>) -> i32 {
        0
    }

    /// Called in process context, but under a spinlock or RCU's read lock: do not sleep.
    ///
    /// Returns 1: the fabric has one instance.
    fn tpg_get_inst_index(_se_tpg: &Tpg<Self>) -> u32 {
        1
    }

    /// Called in any context: do not sleep.
    ///
    /// Does nothing: no command is submitted. Dropping the memory would free it.
    fn release_cmd(_se_cmd: Released<'_, Self>) {}

    /// Called in process context.
    ///
    /// Does nothing: no session exists.
    fn close_session(_se_sess: &SessionData<Self>) {}

    /// Called in process context, but under a spinlock or RCU's read lock: do not sleep.
    ///
    /// Does nothing: no session exists.
    fn sess_get_index(_se_sess: &Session<Self>) -> u32 {
        0
    }

    /// Called in process context, but under a spinlock or RCU's read lock: do not sleep.
    ///
    /// Does nothing: no session exists.
    fn sess_get_initiator_sid(_se_sess: &Session<Self>, _buf: &mut [u8]) -> usize {
        0
    }

    /// Called in process context.
    ///
    /// Does nothing: no session exists. Dropping `Pending` would fail the command.
    fn write_pending(_se_cmd: Pending<Self>) {}

    /// Called in process context.
    ///
    /// Does nothing: the data of a new node ACL are zeroed.
    fn set_default_node_attributes(_se_nacl: &NodeAcl<Self>) {}

    /// Called in any context: do not sleep.
    ///
    /// Does nothing: no command is submitted.
    fn get_cmd_state(_se_cmd: &Task<Self>) -> i32 {
        0
    }

    /// With direct completion, called in the context of the backstore, which may be a hard
    /// interrupt: do not sleep. Otherwise called in process context.
    ///
    /// Does nothing: no command is submitted.
    fn queue_data_in(_se_cmd: Response<'_, Self>) -> Result<(), Retry<'_, Self>> {
        Ok(())
    }

    /// With direct completion, called in the context of the backstore, which may be a hard
    /// interrupt: do not sleep. For a command that is refused at submission, called in the context
    /// of the submitter. Otherwise called in process context.
    ///
    /// Does nothing: no command is submitted.
    fn queue_status(_se_cmd: Response<'_, Self>) -> Result<(), Retry<'_, Self>> {
        Ok(())
    }

    /// Called in process context.
    ///
    /// Does nothing: no task management function is submitted.
    fn queue_tm_rsp(_se_cmd: TmrResponse<Self>) {}

    /// Called in any context: do not sleep.
    ///
    /// Does nothing: no command is submitted.
    fn aborted_task(_se_cmd: Aborted<'_, Self>) {}

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
    /// Does nothing: the target port has no transport.
    fn fabric_drop_wwn(_se_wwn: &Wwn<Self>) {}

    /// Called in process context.
    ///
    /// Creates a portal group with the tag in its name.
    fn fabric_make_tpg(_se_wwn: &Wwn<Self>, name: &BStr) -> Result<impl PinInit<Self::Tpg, Error>> {
        let tag = target::tpg_tag(name)?;
        Ok(try_init!(PortalGroup { tag }))
    }

    /// Called in process context.
    ///
    /// Does nothing: the target port has no transport. The layer refuses logins to a portal group
    /// that is not enabled.
    fn fabric_enable_tpg(_se_tpg: &Tpg<Self>, _enable: bool) -> Result {
        Ok(())
    }

    /// Called in process context.
    ///
    /// Does nothing: no session exists.
    fn fabric_drop_tpg(_se_tpg: &Tpg<Self>) {}

    /// Called in process context.
    ///
    /// Accepts a node ACL only under the canonical name of an initiator port, the one that target
    /// core derives from a TransportID.
    fn fabric_init_nodeacl(_se_nacl: &NodeAcl<Self>, name: &BStr) -> Result {
        check_port_name(name)
    }
}
