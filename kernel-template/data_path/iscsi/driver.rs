// SPDX-License-Identifier: GPL-2.0-only

//! nab5000: a SCSI target fabric for iSCSI.
//!
//! A skeleton by tcm-mod-builder; edit it freely. Its configfs tree has target ports, portal
//! groups, network portals and node ACLs. Initiators log in over TCP; that transport is `iscsi.rs`
//! and `iscsi/`, which the methods call.
//!
//! Ops left to target core, each a method of [`Operations`] to add: `fabric_post_link`,
//! `fabric_pre_unlink`, `fabric_post_unlink`.

#![deny(unsafe_code)]

// Only the generator's modules have `unsafe` code: elsewhere it is a compile error.
#[allow(unsafe_code)]
mod bindings;
#[allow(unsafe_code)]
mod crc32c;
#[allow(unsafe_code)]
mod crypto;
mod iscsi;
#[allow(unsafe_code)]
mod kunit;
#[allow(unsafe_code)]
mod socket;
#[allow(unsafe_code)]
pub mod target;
#[allow(unsafe_code)]
mod thread;
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
        DiscoveryAttrs,
        Groups,
        NodeAcl,
        NodeAclGroup,
        Np,
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
        TpgAuthAttrs,
        TpgBaseAttrs,
        TpgNaclAttribAttrs,
        TpgNaclAuthAttrs,
        TpgNaclBaseAttrs,
        TpgNaclParamAttrs,
        TpgParamAttrs,
        Wwn,
        WwnAttrs,
        WwnGroup,
        TARGET_DIRECT_COMPL,
        TARGET_DIRECT_SUBMIT, //
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
#[pin_data]
struct TargetPort {
    name: CString,
    #[pin]
    statistics: iscsi::Statistics,
}

/// A portal group of a target port, `nab5000/$WWN/tpgt_$TAG`.
#[pin_data]
struct PortalGroup {
    tag: u16,
    #[pin]
    group: iscsi::Group,
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

    fn show(_data: &iscsi::Registry, page: &mut Page<'_>) -> Result {
        writeln!(page, "{VERSION}")
    }
}

#[vtable]
impl Operations for Fabric {
    const NAME: &'static CStr = c_str!("nab5000");
    const PROTOCOL: Protocol = Protocol::ISCSI;
    // Maximum payload of a command, in pages.
    const MAX_DATA_SG_NENTS: u32 = iscsi::PAGES_MAX;
    const DIRECT_COMPL_SUPP: bool = true;
    // Commands are submitted in the thread of the connection, which may sleep.
    const DIRECT_SUBMIT_SUPP: bool = true;
    // With queued submission, the connection would wait for the memory of each write.
    const DEFAULT_SUBMIT_TYPE: u8 = TARGET_DIRECT_SUBMIT;
    // Ops only queue the response and wake the thread, in the context of the backstore.
    const DEFAULT_COMPL_TYPE: u8 = TARGET_DIRECT_COMPL;
    const NODE_ACL_GROUPS: Groups<NodeAclGroup<Self>> = iscsi::SESSION_STATISTICS;
    const TFC_DISCOVERY_ATTRS: Attributes<DiscoveryAttrs<Self>> = iscsi::DISCOVERY_AUTH;
    const TFC_WWN_ATTRS: Attributes<WwnAttrs<Self>> =
        attributes!(WwnAttrs<Fabric> { version: Version });
    const TFC_TPG_BASE_ATTRS: Attributes<TpgBaseAttrs<Self>> =
        attributes!(TpgBaseAttrs<Fabric> { dynamic_sessions: iscsi::DynamicSessions });
    const TFC_TPG_ATTRIB_ATTRS: Attributes<TpgAttribAttrs<Self>> = attributes!(TpgAttribAttrs<Fabric> {
        authentication: iscsi::Authentication,
        cache_dynamic_acls: iscsi::CacheDynamicAcls,
        default_cmdsn_depth: iscsi::DefaultCmdsnDepth,
        default_erl: iscsi::DefaultErl,
        demo_mode_discovery: iscsi::DemoModeDiscovery,
        demo_mode_write_protect: iscsi::DemoModeWriteProtect,
        fabric_prot_type: iscsi::FabricProtType,
        generate_node_acls: iscsi::GenerateNodeAcls,
        login_keys_workaround: iscsi::LoginKeysWorkaround,
        login_timeout: iscsi::LoginTimeout,
        max_sessions: iscsi::MaxSessions,
        prod_mode_write_protect: iscsi::ProdModeWriteProtect,
        t10_pi: iscsi::T10Pi,
        tpg_enabled_sendtargets: iscsi::TpgEnabledSendtargets,
    });
    const TFC_TPG_AUTH_ATTRS: Attributes<TpgAuthAttrs<Self>> = iscsi::GROUP_AUTH;
    const TFC_TPG_PARAM_ATTRS: Attributes<TpgParamAttrs<Self>> = attributes!(TpgParamAttrs<Fabric> {
        AuthMethod: iscsi::AuthMethod,
        DataDigest: iscsi::DataDigest,
        DataPDUInOrder: iscsi::DataPDUInOrder,
        DataSequenceInOrder: iscsi::DataSequenceInOrder,
        DefaultTime2Retain: iscsi::DefaultTime2Retain,
        DefaultTime2Wait: iscsi::DefaultTime2Wait,
        ErrorRecoveryLevel: iscsi::ErrorRecoveryLevel,
        FirstBurstLength: iscsi::FirstBurstLength,
        HeaderDigest: iscsi::HeaderDigest,
        IFMarkInt: iscsi::IFMarkInt,
        IFMarker: iscsi::IFMarker,
        ImmediateData: iscsi::ImmediateData,
        InitialR2T: iscsi::InitialR2T,
        MaxBurstLength: iscsi::MaxBurstLength,
        MaxConnections: iscsi::MaxConnections,
        MaxOutstandingR2T: iscsi::MaxOutstandingR2T,
        MaxRecvDataSegmentLength: iscsi::MaxRecvDataSegmentLength,
        MaxXmitDataSegmentLength: iscsi::MaxXmitDataSegmentLength,
        OFMarkInt: iscsi::OFMarkInt,
        OFMarker: iscsi::OFMarker,
        TargetAlias: iscsi::TargetAlias,
    });
    const TFC_TPG_NACL_BASE_ATTRS: Attributes<TpgNaclBaseAttrs<Self>> = attributes!(TpgNaclBaseAttrs<Fabric> {
        cmdsn_depth: iscsi::CmdsnDepth,
        info: iscsi::Info,
        tag: iscsi::NodeTag,
    });
    const TFC_TPG_NACL_ATTRIB_ATTRS: Attributes<TpgNaclAttribAttrs<Self>> = attributes!(TpgNaclAttribAttrs<Fabric> {
        authentication: iscsi::NodeAuthentication,
        dataout_timeout: iscsi::DataoutTimeout,
        dataout_timeout_retries: iscsi::DataoutTimeoutRetries,
        default_erl: iscsi::NodeDefaultErl,
        nopin_response_timeout: iscsi::NopinResponseTimeout,
        nopin_timeout: iscsi::NopinTimeout,
        random_datain_pdu_offsets: iscsi::RandomDatainPduOffsets,
        random_datain_seq_offsets: iscsi::RandomDatainSeqOffsets,
        random_r2t_offsets: iscsi::RandomR2tOffsets,
    });
    const TFC_TPG_NACL_PARAM_ATTRS: Attributes<TpgNaclParamAttrs<Self>> = iscsi::AGREED;
    const TFC_TPG_NACL_AUTH_ATTRS: Attributes<TpgNaclAuthAttrs<Self>> = iscsi::NODE_AUTH;

    type Data = iscsi::Registry;
    type Wwn = TargetPort;
    type Tpg = PortalGroup;
    type Np = iscsi::NetworkPortal;
    type NodeAcl = InitiatorPort;
    type NodeAclState = iscsi::NodeSettings;
    type Session = Arc<iscsi::Peer>;
    type Cmd = iscsi::Io;
    type CmdMemory = BoxedCmd<Self>;
    type Tmr = Arc<iscsi::Tmf>;

    /// Called in process context.
    ///
    /// Creates the registry of network portals.
    fn init(_module: &'static ThisModule) -> Result<impl PinInit<Self::Data, Error>> {
        Ok(iscsi::Registry::new())
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
    /// Returns the value of the attribute `default_cmdsn_depth`.
    fn tpg_get_default_depth(se_tpg: &Tpg<Self>) -> u32 {
        se_tpg.data().group.settings().default_cmdsn_depth()
    }

    /// Called in process context.
    ///
    /// Returns the value of the attribute `generate_node_acls`.
    fn tpg_check_demo_mode(se_tpg: &Tpg<Self>) -> bool {
        se_tpg.data().group.settings().generate_node_acls() != 0
    }

    /// Called in process context.
    ///
    /// Returns the value of the attribute `cache_dynamic_acls`.
    fn tpg_check_demo_mode_cache(se_tpg: &Tpg<Self>) -> bool {
        se_tpg.data().group.settings().cache_dynamic_acls() != 0
    }

    /// Called in process context.
    ///
    /// Returns the value of the attribute `demo_mode_write_protect`.
    fn tpg_check_demo_mode_write_protect(se_tpg: &Tpg<Self>) -> bool {
        se_tpg.data().group.settings().demo_mode_write_protect() != 0
    }

    /// Called in process context, but under a spinlock or RCU's read lock: do not sleep.
    ///
    /// Returns the value of the attribute `prod_mode_write_protect`.
    fn tpg_check_prod_mode_write_protect(se_tpg: &Tpg<Self>) -> bool {
        se_tpg.data().group.settings().prod_mode_write_protect() != 0
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
    /// Frees the memory of the command.
    fn release_cmd(se_cmd: Released<'_, Self>) {
        drop(se_cmd)
    }

    /// Called in process context.
    ///
    /// Closes the initiator's connection, which ends the session.
    fn close_session(se_sess: &SessionData<Self>) {
        iscsi::close_session(se_sess)
    }

    /// Called in process context, but under a spinlock or RCU's read lock: do not sleep.
    ///
    /// Returns the number of the session since the module was loaded.
    fn sess_get_index(se_sess: &Session<Self>) -> u32 {
        se_sess.data().index
    }

    /// Called in process context, but under a spinlock or RCU's read lock: do not sleep.
    ///
    /// Writes the ISID of the initiator.
    fn sess_get_initiator_sid(se_sess: &Session<Self>, buf: &mut [u8]) -> usize {
        iscsi::initiator_sid(se_sess.data(), buf)
    }

    /// Called in process context.
    ///
    /// Asks the thread of the connection to receive the data.
    fn write_pending(se_cmd: Pending<Self>) {
        iscsi::write_pending(se_cmd)
    }

    /// Called in process context.
    ///
    /// Sets the timeouts of the node ACL to their defaults.
    fn set_default_node_attributes(se_nacl: &NodeAcl<Self>) {
        iscsi::set_default_node_attributes(se_nacl)
    }

    /// Called in any context: do not sleep.
    ///
    /// Returns 0: the transport keeps no state of a command.
    fn get_cmd_state(_se_cmd: &Task<Self>) -> i32 {
        0
    }

    /// With direct completion, called in the context of the backstore, which may be a hard
    /// interrupt: do not sleep. Otherwise called in process context.
    ///
    /// Asks the thread of the connection to send the data and the status.
    fn queue_data_in(se_cmd: Response<'_, Self>) -> Result<(), Retry<'_, Self>> {
        iscsi::respond(se_cmd);
        Ok(())
    }

    /// With direct completion, called in the context of the backstore, which may be a hard
    /// interrupt: do not sleep. For a command that is refused at submission, called in the context
    /// of the submitter. Otherwise called in process context.
    ///
    /// Asks the thread of the connection to send the status.
    fn queue_status(se_cmd: Response<'_, Self>) -> Result<(), Retry<'_, Self>> {
        iscsi::respond(se_cmd);
        Ok(())
    }

    /// Called in process context.
    ///
    /// Asks the thread of the connection to send the response.
    fn queue_tm_rsp(se_cmd: TmrResponse<Self>) {
        iscsi::queue_tm_rsp(se_cmd)
    }

    /// Called in any context: do not sleep.
    ///
    /// Opens the command window for an aborted command, or ends an aborted task management
    /// function.
    fn aborted_task(se_cmd: Aborted<'_, Self>) {
        iscsi::aborted_task(se_cmd)
    }

    /// Called in process context.
    ///
    /// Creates a target port. Refuses a name that is not canonical.
    fn fabric_make_wwn(data: &Self::Data, name: &BStr) -> Result<impl PinInit<Self::Wwn, Error>> {
        iscsi::check_target_name(name)?;
        let name = PortName::parse(name).ok_or(EINVAL)?;
        let name = CString::try_from(target::c_str(name.to_bytes_with_nul())?)?;
        Ok(try_pin_init!(TargetPort {
            name,
            statistics <- data.new_target(),
        }))
    }

    /// Called in process context.
    ///
    /// Does nothing: each portal group has its own network portals.
    fn fabric_drop_wwn(_se_wwn: &Wwn<Self>) {}

    /// Called in process context.
    ///
    /// Adds the statistics of iscsi_target_mod.
    fn add_wwn_groups(_se_wwn: &Wwn<Self>) -> Groups<WwnGroup<Self>> {
        iscsi::TARGET_STATISTICS
    }

    /// Called in process context.
    ///
    /// Creates a portal group with the tag in its name.
    fn fabric_make_tpg(_se_wwn: &Wwn<Self>, name: &BStr) -> Result<impl PinInit<Self::Tpg, Error>> {
        let tpgt = target::tpg_tag(name)?;
        Ok(try_pin_init!(PortalGroup {
            tag: tpgt,
            group <- iscsi::Group::new(),
        }))
    }

    /// Called in process context.
    ///
    /// Opens the portal group to logins, or closes it and logs its initiators out.
    fn fabric_enable_tpg(se_tpg: &Tpg<Self>, enable: bool) -> Result {
        se_tpg.data().group.enable(enable);
        Ok(())
    }

    /// Called in process context.
    ///
    /// Logs the initiators out.
    fn fabric_drop_tpg(se_tpg: &Tpg<Self>) {
        se_tpg.data().group.log_out()
    }

    /// Called in process context.
    ///
    /// Listens at the address in the name of the directory.
    fn fabric_make_np(se_tpg: &Tpg<Self>, name: &BStr) -> Result<impl PinInit<Self::Np, Error>> {
        iscsi::NetworkPortal::new(se_tpg, name).map(target::by_value)
    }

    /// Called in process context.
    ///
    /// Does nothing: a network portal stops listening when it is dropped.
    fn fabric_drop_np(_se_tpg_np: &Np<Self>) {}

    /// Called in process context.
    ///
    /// Accepts a node ACL only under the canonical name of an initiator port, the one that target
    /// core derives from a TransportID.
    fn fabric_init_nodeacl(_se_nacl: &NodeAcl<Self>, name: &BStr) -> Result {
        iscsi::check_initiator_name(name)
    }
}
