// SPDX-License-Identifier: GPL-2.0-only

//! nab5000: a SCSI target fabric for iSCSI.
//!
//! A skeleton made by tcm-mod-builder, to be changed at will. It answers configfs: target ports,
//! portal groups and node ACLs come and go. It does not move data: where the wire belongs, a method
//! does nothing and says so.
//!
//! Ops that it leaves to target core, each a method of [`Operations`] to add: `add_wwn_groups`,
//! `fabric_post_link`, `fabric_pre_unlink`, `fabric_post_unlink`, `fabric_make_np`,
//! `fabric_drop_np`.

#![deny(unsafe_code)]

// `unsafe` is in the generator's modules alone. The compiler refuses it in the author's.
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
        attributes, Aborted, Attribute, Attributes, BoxedCmd, Login, NodeAcl, Operations, Page,
        Pending, Protocol, Registration, Response, Session, Task, TmrResponse, Tpg, Wwn, WwnAttrs,
    },
    transport_id::PortName,
};
use kernel::{c_str, prelude::*, str::BStr};

module! {
    type: TcmNab5000Module,
    name: "tcm_nab5000",
    description: "nab5000 target fabric for iSCSI",
    license: "GPL",
}

/// The loaded module: it keeps the fabric registered with target core.
struct TcmNab5000Module {
    _fabric: Registration<Fabric>,
}

impl kernel::Module for TcmNab5000Module {
    fn init(module: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _fabric: Registration::new(module)?,
        })
    }
}

/// The nab5000 fabric. Its ops are the methods of [`Operations`].
struct Fabric;

/// A target port, `nab5000/$WWN`.
struct Tport {
    tport_name: PortName,
}

/// A portal group of a target port, `nab5000/$WWN/tpgt_$TAG`.
struct TportGroup {
    tport_tpgt: u16,
}

/// An initiator port that may log in, `nab5000/$WWN/tpgt_$TAG/acls/$INITIATOR`.
///
/// Target core makes it all zero and frees it without dropping it, so a field must be valid at
/// zero, and change through a shared reference.
#[derive(Zeroable)]
struct Iport {}

/// `nab5000/version`: the version of the fabric module.
struct Version;

#[vtable]
impl Attribute for Version {
    type Directory = WwnAttrs<Fabric>;

    fn show(_data: &(), page: &mut Page<'_>) -> Result {
        writeln!(page, "TCM_NAB5000 fabric module 0.1")
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
    const NAME: &'static CStr = c_str!("nab5000");
    const PROTOCOL: Protocol = Protocol::ISCSI;
    const TFC_WWN_ATTRS: Attributes<WwnAttrs<Self>> =
        attributes!(WwnAttrs<Fabric> { version: Version });

    type Data = ();
    type Wwn = Tport;
    type Tpg = TportGroup;
    type Np = ();
    type NodeAcl = Iport;
    type NodeAclState = ();
    type Session = ();
    type Cmd = ();
    type CmdMemory = BoxedCmd<Self>;
    type Tmr = ();

    /// The fabric has no data.
    fn init(_module: &'static ThisModule) -> Result<Self::Data> {
        Ok(())
    }

    /// The name of the target port.
    fn tpg_get_wwn(se_tpg: &Tpg<Self>) -> &CStr {
        target::c_str(se_tpg.wwn().data().tport_name.to_bytes_with_nul())
    }

    /// The tag of the portal group.
    fn tpg_get_tag(se_tpg: &Tpg<Self>) -> u16 {
        se_tpg.data().tport_tpgt
    }

    /// One command at a time, until the wire can do more.
    fn tpg_get_default_depth(_se_tpg: &Tpg<Self>) -> u32 {
        1
    }

    /// No: the fabric has no such mode.
    fn tpg_check_demo_mode(_se_tpg: &Tpg<Self>) -> bool {
        false
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

    /// None: the fabric has no such setting.
    fn tpg_check_prot_fabric_only(_se_tpg: &Tpg<Self>) -> i32 {
        0
    }

    /// There is one instance.
    fn tpg_get_inst_index(_se_tpg: &Tpg<Self>) -> u32 {
        1
    }

    /// Does nothing: no command arrives.
    fn release_cmd(_se_cmd: Self::CmdMemory) {}

    /// Does nothing: no session exists.
    fn close_session(_se_sess: &Login<Self>) {}

    /// Does nothing: no session exists.
    fn sess_get_index(_se_sess: &Session<Self>) -> u32 {
        0
    }

    /// Does nothing: no session exists.
    fn sess_get_initiator_sid(_se_sess: &Session<Self>, _buf: &mut [u8]) -> usize {
        0
    }

    /// No command arrives. Without a wire to fetch its data from it would fail.
    fn write_pending(_se_cmd: Pending<Self>) {}

    /// Changes nothing.
    fn set_default_node_attributes(_se_nacl: &NodeAcl<Self>) {}

    /// Does nothing: no command arrives.
    fn get_cmd_state(_se_cmd: &Task<Self>) -> i32 {
        0
    }

    /// Does nothing: no command arrives.
    fn queue_data_in(_se_cmd: Response<'_, Self>) -> Result<(), Response<'_, Self>> {
        Ok(())
    }

    /// Does nothing: no command arrives.
    fn queue_status(_se_cmd: Response<'_, Self>) -> Result<(), Response<'_, Self>> {
        Ok(())
    }

    /// Does nothing: no command arrives.
    fn queue_tm_rsp(_se_cmd: TmrResponse<Self>) {}

    /// Does nothing: no command arrives.
    fn aborted_task(_se_cmd: Aborted<'_, Self>) {}

    /// Makes a target port of a valid name.
    fn fabric_make_wwn(_data: &Self::Data, name: &BStr) -> Result<impl PinInit<Self::Wwn, Error>> {
        check_port_name(name)?;
        let tport_name = PortName::parse(name).ok_or(EINVAL)?;
        Ok(try_init!(Tport { tport_name }))
    }

    /// Nothing to stop: the port is not on a wire.
    fn fabric_drop_wwn(_se_wwn: &Wwn<Self>) {}

    /// Makes a portal group with the tag that its name says.
    fn fabric_make_tpg(_se_wwn: &Wwn<Self>, name: &BStr) -> Result<impl PinInit<Self::Tpg, Error>> {
        let tport_tpgt = target::tpg_tag(name)?;
        Ok(try_init!(TportGroup { tport_tpgt }))
    }

    /// Nothing to start or stop: the port is not on a wire. No initiator logs in to a group that is
    /// not enabled.
    fn fabric_enable_tpg(_se_tpg: &Tpg<Self>, _enable: bool) -> Result {
        Ok(())
    }

    /// Nothing to stop: no session exists.
    fn fabric_drop_tpg(_se_tpg: &Tpg<Self>) {}

    /// Accepts a list under the canonical name of an initiator port: the one that target core's
    /// TransportIDs name.
    fn fabric_init_nodeacl(_se_nacl: &NodeAcl<Self>, name: &BStr) -> Result {
        check_port_name(name)
    }
}
