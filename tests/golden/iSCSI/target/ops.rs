// SPDX-License-Identifier: GPL-2.0-only

//! `struct target_core_fabric_ops` for a driver in safe Rust.
//!
//! The driver implements [`Operations`]; target core calls it through [`OperationsVTable`].
//!
//! C header: [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use core::marker::PhantomData;
use core::{
    mem,
    ptr, //
};

use kernel::error::VTABLE_DEFAULT_ERROR;
use kernel::ffi::{
    c_char,
    c_int, //
};
use kernel::prelude::*;
use kernel::str::BStr;

use crate::bindings;
use crate::target::compat::Zeroable;
use crate::target::object::{
    bstr,
    err_ptr,
    not_implemented, //
};
use crate::target::response::response_errno;
use crate::target::session::filled;
use crate::target::task::put_complete;
use crate::target::tmr::Tmr;
use crate::target::tpg::{
    bounded,
    errno, //
};
use crate::target::{
    registration,
    Aborted,
    Attributes,
    Cmd,
    CmdMemory,
    DiscoveryAttrs,
    Groups,
    Lun,
    NodeAcl,
    NodeAclGroup,
    Np,
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
    TpgNpBaseAttrs,
    TpgParamAttrs,
    Wwn,
    WwnAttrs,
    WwnGroup, //
};

/// The ops of a fabric module, `struct target_core_fabric_ops`.
///
/// An optional op has a default, and is installed only if it is implemented. Each method has the C
/// declaration of its op.
#[vtable]
pub trait Operations: Sized + 'static {
    /// The fabric's name below `/sys/kernel/config/target`.
    const NAME: &'static CStr;

    /// The protocol of the TransportIDs.
    const PROTOCOL: Protocol;

    /// True if initiators may log in to a portal group that is disabled: `fabric_enable_tpg` then
    /// has the meaning that the driver gives it.
    const LOGIN_WHILE_DISABLED: bool = false;

    /// Groups in `fabric_statistics` of a node ACL, added after `fabric_init_nodeacl`. A driver
    /// without that method has none.
    const NODE_ACL_GROUPS: Groups<NodeAclGroup<Self>> = &[];

    /// The fabric's own data, which live while it is registered.
    type Data: Send + Sync;

    /// The driver's part of a target port.
    type Wwn: Send + Sync;

    /// The driver's part of a portal group.
    type Tpg: Send + Sync;

    /// The driver's part of a network portal.
    type Np: Send + Sync;

    /// The driver's part of a node ACL. Target core zeroes it, shares it immediately, and frees it
    /// without dropping it: see [`NodeAcl`].
    type NodeAcl: Zeroable + Send + Sync;

    /// The driver's part of a node ACL that changes under the lock of the portal group: see
    /// [`NodeAcl::lock`].
    type NodeAclState: Zeroable + Send;

    /// The driver's part of a session.
    type Session: Send + Sync;

    /// The driver's part of a command.
    type Cmd: Send + Sync;

    /// The memory of commands while target core has them.
    type CmdMemory: CmdMemory<Self>;

    /// The driver's part of a task management function, which comes back with the response.
    type Tmr: Send;

    /// Makes the fabric's data when the module is loaded, before the fabric is registered. Called
    /// in process context.
    fn init(module: &'static ThisModule) -> Result<impl PinInit<Self::Data, Error>>;

    /// The field `max_data_sg_nents`; unused if the kernel lacks the field.
    ///
    /// The header says:
    ///
    /// > A comment of
    /// > two lines.
    const MAX_DATA_SG_NENTS: u32 = 0;

    /// The field `write_pending_must_be_called`; unused if the kernel lacks the field.
    ///
    /// The header says:
    ///
    /// > A bit of
    /// > its own.
    const WRITE_PENDING_MUST_BE_CALLED: bool = false;

    /// The field `direct_compl_supp`; unused if the kernel lacks the field.
    const DIRECT_COMPL_SUPP: bool = false;

    /// The field `direct_submit_supp`; unused if the kernel lacks the field.
    const DIRECT_SUBMIT_SUPP: bool = false;

    /// The field `default_submit_type`; unused if the kernel lacks the field.
    const DEFAULT_SUBMIT_TYPE: u8 = 0;

    /// The field `default_compl_type`; unused if the kernel lacks the field.
    const DEFAULT_COMPL_TYPE: u8 = 0;

    /// The attributes of [`DiscoveryAttrs`]: `tfc_discovery_attrs`.
    const TFC_DISCOVERY_ATTRS: Attributes<DiscoveryAttrs<Self>> = Attributes::NONE;

    /// The attributes of [`WwnAttrs`]: `tfc_wwn_attrs`.
    const TFC_WWN_ATTRS: Attributes<WwnAttrs<Self>> = Attributes::NONE;

    /// The attributes of [`TpgBaseAttrs`]: `tfc_tpg_base_attrs`.
    const TFC_TPG_BASE_ATTRS: Attributes<TpgBaseAttrs<Self>> = Attributes::NONE;

    /// The attributes of [`TpgNpBaseAttrs`]: `tfc_tpg_np_base_attrs`.
    const TFC_TPG_NP_BASE_ATTRS: Attributes<TpgNpBaseAttrs<Self>> = Attributes::NONE;

    /// The attributes of [`TpgAttribAttrs`]: `tfc_tpg_attrib_attrs`.
    const TFC_TPG_ATTRIB_ATTRS: Attributes<TpgAttribAttrs<Self>> = Attributes::NONE;

    /// The attributes of [`TpgAuthAttrs`]: `tfc_tpg_auth_attrs`.
    const TFC_TPG_AUTH_ATTRS: Attributes<TpgAuthAttrs<Self>> = Attributes::NONE;

    /// The attributes of [`TpgParamAttrs`]: `tfc_tpg_param_attrs`.
    const TFC_TPG_PARAM_ATTRS: Attributes<TpgParamAttrs<Self>> = Attributes::NONE;

    /// The attributes of [`TpgNaclBaseAttrs`]: `tfc_tpg_nacl_base_attrs`.
    const TFC_TPG_NACL_BASE_ATTRS: Attributes<TpgNaclBaseAttrs<Self>> = Attributes::NONE;

    /// The attributes of [`TpgNaclAttribAttrs`]: `tfc_tpg_nacl_attrib_attrs`.
    const TFC_TPG_NACL_ATTRIB_ATTRS: Attributes<TpgNaclAttribAttrs<Self>> = Attributes::NONE;

    /// The attributes of [`TpgNaclAuthAttrs`]: `tfc_tpg_nacl_auth_attrs`.
    const TFC_TPG_NACL_AUTH_ATTRS: Attributes<TpgNaclAuthAttrs<Self>> = Attributes::NONE;

    /// The attributes of [`TpgNaclParamAttrs`]: `tfc_tpg_nacl_param_attrs`.
    const TFC_TPG_NACL_PARAM_ATTRS: Attributes<TpgNaclParamAttrs<Self>> = Attributes::NONE;

    /// Returns the name of the target port. Called in process context, but under a spinlock or
    /// RCU's read lock: do not sleep.
    ///
    /// C: `char *(*tpg_get_wwn)(struct se_portal_group *)`
    fn tpg_get_wwn(se_tpg: &Tpg<Self>) -> &CStr;

    /// Returns the tag of the portal group. Called in process context, but under a spinlock or
    /// RCU's read lock: do not sleep.
    ///
    /// C: `u16 (*tpg_get_tag)(struct se_portal_group *)`
    fn tpg_get_tag(se_tpg: &Tpg<Self>) -> u16;

    /// Returns the queue depth of a new node ACL. Called in process context.
    ///
    /// C: `u32 (*tpg_get_default_depth)(struct se_portal_group *)`
    fn tpg_get_default_depth(_se_tpg: &Tpg<Self>) -> u32 {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns true if initiators without a node ACL may log in. Called in process context.
    ///
    /// C: `int (*tpg_check_demo_mode)(struct se_portal_group *)`
    fn tpg_check_demo_mode(_se_tpg: &Tpg<Self>) -> bool {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns true if a demo-mode node ACL is kept after its session ends. Called when a session
    /// ends. Called in process context.
    ///
    /// C: `int (*tpg_check_demo_mode_cache)(struct se_portal_group *)`
    fn tpg_check_demo_mode_cache(_se_tpg: &Tpg<Self>) -> bool {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns true if LUNs are read-only in demo mode. Called in process context.
    ///
    /// C: `int (*tpg_check_demo_mode_write_protect)(struct se_portal_group *)`
    fn tpg_check_demo_mode_write_protect(_se_tpg: &Tpg<Self>) -> bool {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns true if the LUNs of a node ACL are read-only initially. Called in process context,
    /// but under a spinlock or RCU's read lock: do not sleep.
    ///
    /// C: `int (*tpg_check_prod_mode_write_protect)(struct se_portal_group *)`
    fn tpg_check_prod_mode_write_protect(_se_tpg: &Tpg<Self>) -> bool {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns true if initiators see no LUNs in demo mode. Called in process context.
    ///
    /// C: `int (*tpg_check_demo_mode_login_only)(struct se_portal_group *)`
    ///
    /// The header says:
    ///
    /// > Demo mode without LUNs.
    fn tpg_check_demo_mode_login_only(_se_tpg: &Tpg<Self>) -> bool {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns the type of protection information, `enum target_prot_type`, that the fabric offers
    /// for a backstore without any. Called when a session is made. Called in process context, but
    /// under a spinlock or RCU's read lock: do not sleep.
    ///
    /// C: `int (*tpg_check_prot_fabric_only)(struct se_portal_group *)`
    fn tpg_check_prot_fabric_only(_se_tpg: &Tpg<Self>) -> i32 {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns the SNMP index of the portal group. Called in process context, but under a spinlock
    /// or RCU's read lock: do not sleep.
    ///
    /// C: `u32 (*tpg_get_inst_index)(struct se_portal_group *)`
    fn tpg_get_inst_index(_se_tpg: &Tpg<Self>) -> u32 {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Takes back the memory of a command after its last reference was dropped. Called in any
    /// context: do not sleep.
    ///
    /// C: `void (*release_cmd)(struct se_cmd *)`
    fn release_cmd(se_cmd: Released<'_, Self>);

    /// Asks the driver to end a session whose node ACL is being removed or changed. Called in
    /// process context.
    ///
    /// C: `void (*close_session)(struct se_session *)`
    fn close_session(_se_sess: &SessionData<Self>) {}

    /// Returns the SNMP index of a session. Called in process context, but under a spinlock or
    /// RCU's read lock: do not sleep.
    ///
    /// C: `u32 (*sess_get_index)(struct se_session *)`
    fn sess_get_index(_se_sess: &Session<Self>) -> u32 {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Fills in the initiator session identifier and returns its length, for protocols whose
    /// TransportIDs have one. Called in process context, but under a spinlock or RCU's read lock:
    /// do not sleep.
    ///
    /// C: `u32 (*sess_get_initiator_sid)(struct se_session *, unsigned char *, u32)`
    fn sess_get_initiator_sid(_se_sess: &Session<Self>, _buf: &mut [u8]) -> usize {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Starts to fetch the data of a write from the initiator; the command is executed once they
    /// have arrived. Returns immediately: other commands of the device, and an abort of this one,
    /// may wait for the op. Called in process context.
    ///
    /// C: `int (*write_pending)(struct se_cmd *)`
    fn write_pending(se_cmd: Pending<Self>);

    /// Sets the attributes of a new node ACL, also in demo mode. Called in process context.
    ///
    /// C: `void (*set_default_node_attributes)(struct se_node_acl *)`
    fn set_default_node_attributes(_se_nacl: &NodeAcl<Self>) {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns the driver's state of a command, for messages. Called in any context: do not sleep.
    ///
    /// C: `int (*get_cmd_state)(struct se_cmd *)`
    fn get_cmd_state(_se_cmd: &Task<Self>) -> i32 {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Sends the data of a read, and the status, to the initiator. Target core immediately queues a
    /// response again that `Response::retry` returns. Use `retry` only when memory is short. With
    /// direct completion, called in the context of the backstore, which may be a hard interrupt: do
    /// not sleep. Otherwise called in process context.
    ///
    /// C: `int (*queue_data_in)(struct se_cmd *)`
    fn queue_data_in(se_cmd: Response<'_, Self>) -> Result<(), Retry<'_, Self>>;

    /// Sends the status of a command, with sense data if any, to the initiator. As `queue_data_in`,
    /// except that a command that is refused before its LUN is attached (unknown or write-protected
    /// LUN, invalid CDB length) ends without a response if `Response::retry` returns it. For a
    /// command that is refused at submission the op runs in `Session::submit`, and for a failed
    /// write in `Pending::execute` or `Pending::fail`, in the context of the caller and under its
    /// locks. With direct completion, called in the context of the backstore, which may be a hard
    /// interrupt: do not sleep. For a command that is refused at submission, called in the context
    /// of the submitter. Otherwise called in process context.
    ///
    /// C: `int (*queue_status)(struct se_cmd *)`
    fn queue_status(se_cmd: Response<'_, Self>) -> Result<(), Retry<'_, Self>>;

    /// Sends the response to a task management function. Called in process context.
    ///
    /// C: `void (*queue_tm_rsp)(struct se_cmd *)`
    fn queue_tm_rsp(se_cmd: TmrResponse<Self>);

    /// Drops the transport's state of a task that was aborted without a response. Called in any
    /// context: do not sleep.
    ///
    /// C: `void (*aborted_task)(struct se_cmd *)`
    fn aborted_task(se_cmd: Aborted<'_, Self>);

    /// Makes a target port for `mkdir target/$FABRIC/$WWN`. Target core reports every error as
    /// EINVAL. Called in process context.
    ///
    /// C: `struct se_wwn *(*fabric_make_wwn)(struct target_fabric_configfs *, struct config_group
    /// *, const char *)`
    fn fabric_make_wwn(data: &Self::Data, name: &BStr) -> Result<impl PinInit<Self::Wwn, Error>>;

    /// Stops a target port for rmdir; its data are dropped next. It has no portal groups any more.
    /// Called in process context.
    ///
    /// C: `void (*fabric_drop_wwn)(struct se_wwn *)`
    fn fabric_drop_wwn(se_wwn: &Wwn<Self>);

    /// Returns groups of attributes for `fabric_statistics` of a new target port. If memory is
    /// short, the directory stays empty. Called in process context.
    ///
    /// C: `void (*add_wwn_groups)(struct se_wwn *)`
    fn add_wwn_groups(_se_wwn: &Wwn<Self>) -> Groups<WwnGroup<Self>> {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Makes a portal group for `mkdir target/$FABRIC/$WWN/tpgt_$TAG`. Target core reports every
    /// error as EINVAL. Called in process context.
    ///
    /// C: `struct se_portal_group *(*fabric_make_tpg)(struct se_wwn *, const char *)`
    fn fabric_make_tpg(se_wwn: &Wwn<Self>, name: &BStr) -> Result<impl PinInit<Self::Tpg, Error>>;

    /// Opens or closes a portal group to initiators, for a write to its attribute `enable`. The
    /// layer refuses logins while it is closed. Closing should not fail: target core has already
    /// released the RTPI. Called in process context.
    ///
    /// C: `int (*fabric_enable_tpg)(struct se_portal_group *, bool)`
    fn fabric_enable_tpg(_se_tpg: &Tpg<Self>, _enable: bool) -> Result {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Stops a portal group for rmdir. The method ends its sessions and drops its handles. The
    /// group is unregistered next, and its data are dropped. Called in process context.
    ///
    /// C: `void (*fabric_drop_tpg)(struct se_portal_group *)`
    fn fabric_drop_tpg(se_tpg: &Tpg<Self>);

    /// Called after a backstore was linked to a LUN, which accepts commands already. Target core
    /// ignores an error. Called in process context.
    ///
    /// C: `int (*fabric_post_link)(struct se_portal_group *, struct se_lun *)`
    fn fabric_post_link(_se_tpg: &Tpg<Self>, _se_lun: &Lun) -> Result {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Called before a backstore is unlinked; commands to the LUN may still be active. Called in
    /// process context.
    ///
    /// C: `void (*fabric_pre_unlink)(struct se_portal_group *, struct se_lun *)`
    fn fabric_pre_unlink(_se_tpg: &Tpg<Self>, _se_lun: &Lun) {}

    /// Called after a backstore was unlinked; no command to the LUN is active any more. Called in
    /// process context.
    ///
    /// C: `void (*fabric_post_unlink)(struct se_portal_group *, struct se_lun *)`
    fn fabric_post_unlink(_se_tpg: &Tpg<Self>, _lun: &Lun) {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Makes a network portal for `mkdir …/np/$PORTAL`. Target core reports every error as
    /// EINVAL. Called in process context.
    ///
    /// C: `struct se_tpg_np *(*fabric_make_np)(struct se_portal_group *, struct config_group *,
    /// const char *)`
    fn fabric_make_np(_se_tpg: &Tpg<Self>, _name: &BStr) -> Result<impl PinInit<Self::Np, Error>> {
        not_implemented::<Self::Np>()
    }

    /// Stops a network portal for rmdir; its data are dropped next. Called in process context.
    ///
    /// C: `void (*fabric_drop_np)(struct se_tpg_np *)`
    fn fabric_drop_np(_se_tpg_np: &Np<Self>) {}

    /// Accepts or refuses a node ACL for `mkdir …/acls/$INITIATOR`. The node ACL may be one of
    /// demo mode, and a session may use it already. Called in process context.
    ///
    /// C: `int (*fabric_init_nodeacl)(struct se_node_acl *, const char *)`
    fn fabric_init_nodeacl(_se_nacl: &NodeAcl<Self>, _name: &BStr) -> Result {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// `TARGET_DIRECT_SUBMIT`, a value of [`Operations::DEFAULT_SUBMIT_TYPE`].
pub const TARGET_DIRECT_SUBMIT: u8 = 1;
#[cfg(ops_has_default_submit_type)]
const _: () = {
    assert!(TARGET_DIRECT_SUBMIT == bindings::target_submit_type_TARGET_DIRECT_SUBMIT as u8);
};

/// `TARGET_QUEUE_SUBMIT`, a value of [`Operations::DEFAULT_SUBMIT_TYPE`].
pub const TARGET_QUEUE_SUBMIT: u8 = 2;
#[cfg(ops_has_default_submit_type)]
const _: () = {
    assert!(TARGET_QUEUE_SUBMIT == bindings::target_submit_type_TARGET_QUEUE_SUBMIT as u8);
};

/// `TARGET_DIRECT_COMPL`, a value of [`Operations::DEFAULT_COMPL_TYPE`].
pub const TARGET_DIRECT_COMPL: u8 = 1;
#[cfg(ops_has_default_compl_type)]
const _: () = {
    assert!(TARGET_DIRECT_COMPL == bindings::target_compl_type_TARGET_DIRECT_COMPL as u8);
};

/// `TARGET_QUEUE_COMPL`, a value of [`Operations::DEFAULT_COMPL_TYPE`].
pub const TARGET_QUEUE_COMPL: u8 = 2;
#[cfg(ops_has_default_compl_type)]
const _: () = {
    assert!(TARGET_QUEUE_COMPL == bindings::target_compl_type_TARGET_QUEUE_COMPL as u8);
};

/// The vtable of a fabric: [`Operations`] for target core.
///
/// Target core calls the callbacks as documented at [`Operations`], with objects that it or this
/// module has made, which live at least until the call returns.
pub(super) struct OperationsVTable<T: Operations>(PhantomData<T>);

impl<T: Operations> OperationsVTable<T> {
    /// Called by target core for [`Operations::tpg_get_wwn`].
    ///
    /// # Safety
    ///
    /// `se_tpg` must be from `Tpg::create`, and alive during this call.
    unsafe extern "C" fn tpg_get_wwn_callback(
        se_tpg: *mut bindings::se_portal_group,
    ) -> *mut c_char {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        let se_tpg = unsafe { Tpg::<T>::from_raw(se_tpg) };
        bounded(T::tpg_get_wwn(se_tpg))
    }

    /// Called by target core for [`Operations::tpg_get_tag`].
    ///
    /// # Safety
    ///
    /// `se_tpg` must be from `Tpg::create`, and alive during this call.
    unsafe extern "C" fn tpg_get_tag_callback(se_tpg: *mut bindings::se_portal_group) -> u16 {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        let se_tpg = unsafe { Tpg::<T>::from_raw(se_tpg) };
        T::tpg_get_tag(se_tpg)
    }

    /// Called by target core for [`Operations::tpg_get_default_depth`].
    ///
    /// # Safety
    ///
    /// `se_tpg` must be from `Tpg::create`, and alive during this call.
    unsafe extern "C" fn tpg_get_default_depth_callback(
        se_tpg: *mut bindings::se_portal_group,
    ) -> u32 {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        let se_tpg = unsafe { Tpg::<T>::from_raw(se_tpg) };
        T::tpg_get_default_depth(se_tpg)
    }

    /// Called by target core for [`Operations::tpg_check_demo_mode`].
    ///
    /// # Safety
    ///
    /// `se_tpg` must be from `Tpg::create`, and alive during this call.
    unsafe extern "C" fn tpg_check_demo_mode_callback(
        se_tpg: *mut bindings::se_portal_group,
    ) -> c_int {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        let se_tpg = unsafe { Tpg::<T>::from_raw(se_tpg) };
        T::tpg_check_demo_mode(se_tpg).into()
    }

    /// Called by target core for [`Operations::tpg_check_demo_mode_cache`].
    ///
    /// # Safety
    ///
    /// `se_tpg` must be from `Tpg::create`, and alive during this call.
    unsafe extern "C" fn tpg_check_demo_mode_cache_callback(
        se_tpg: *mut bindings::se_portal_group,
    ) -> c_int {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        let se_tpg = unsafe { Tpg::<T>::from_raw(se_tpg) };
        T::tpg_check_demo_mode_cache(se_tpg).into()
    }

    /// Called by target core for [`Operations::tpg_check_demo_mode_write_protect`].
    ///
    /// # Safety
    ///
    /// `se_tpg` must be from `Tpg::create`, and alive during this call.
    unsafe extern "C" fn tpg_check_demo_mode_write_protect_callback(
        se_tpg: *mut bindings::se_portal_group,
    ) -> c_int {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        let se_tpg = unsafe { Tpg::<T>::from_raw(se_tpg) };
        T::tpg_check_demo_mode_write_protect(se_tpg).into()
    }

    /// Called by target core for [`Operations::tpg_check_prod_mode_write_protect`].
    ///
    /// # Safety
    ///
    /// `se_tpg` must be from `Tpg::create`, and alive during this call.
    unsafe extern "C" fn tpg_check_prod_mode_write_protect_callback(
        se_tpg: *mut bindings::se_portal_group,
    ) -> c_int {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        let se_tpg = unsafe { Tpg::<T>::from_raw(se_tpg) };
        T::tpg_check_prod_mode_write_protect(se_tpg).into()
    }

    /// Called by target core for [`Operations::tpg_check_demo_mode_login_only`].
    ///
    /// # Safety
    ///
    /// `se_tpg` must be from `Tpg::create`, and alive during this call.
    unsafe extern "C" fn tpg_check_demo_mode_login_only_callback(
        se_tpg: *mut bindings::se_portal_group,
    ) -> c_int {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        let se_tpg = unsafe { Tpg::<T>::from_raw(se_tpg) };
        T::tpg_check_demo_mode_login_only(se_tpg).into()
    }

    /// Called by target core for [`Operations::tpg_check_prot_fabric_only`].
    ///
    /// # Safety
    ///
    /// `se_tpg` must be from `Tpg::create`, and alive during this call.
    unsafe extern "C" fn tpg_check_prot_fabric_only_callback(
        se_tpg: *mut bindings::se_portal_group,
    ) -> c_int {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        let se_tpg = unsafe { Tpg::<T>::from_raw(se_tpg) };
        T::tpg_check_prot_fabric_only(se_tpg)
    }

    /// Called by target core for [`Operations::tpg_get_inst_index`].
    ///
    /// # Safety
    ///
    /// `se_tpg` must be from `Tpg::create`, and alive during this call.
    unsafe extern "C" fn tpg_get_inst_index_callback(
        se_tpg: *mut bindings::se_portal_group,
    ) -> u32 {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        let se_tpg = unsafe { Tpg::<T>::from_raw(se_tpg) };
        T::tpg_get_inst_index(se_tpg)
    }

    /// Called by target core for the op `check_stop_free`.
    ///
    /// # Safety
    ///
    /// `se_cmd` must be a command or task management function of this fabric, with a reference that
    /// this call takes over.
    unsafe extern "C" fn check_stop_free_callback(se_cmd: *mut bindings::se_cmd) -> c_int {
        // SAFETY: `se_cmd` is a command or task management function of this fabric, with a
        // reference that this call takes over, by the requirements of this callback.
        unsafe { put_complete(se_cmd) }.into()
    }

    /// Called by target core for [`Operations::release_cmd`].
    ///
    /// # Safety
    ///
    /// `se_cmd` must be a command or task management function of this fabric without other users.
    unsafe extern "C" fn release_cmd_callback(se_cmd: *mut bindings::se_cmd) {
        // SAFETY: `se_cmd` is a command or task management function of this fabric without other
        // users, by the requirements of this callback.
        let is_tmr = unsafe { Task::<T>::from_raw(se_cmd) }.is_tmr();
        if is_tmr {
            // SAFETY: `se_cmd` is a command or task management function of this fabric without
            // other users, by the requirements of this callback.
            unsafe { Tmr::<T>::release(se_cmd) };
        } else {
            // SAFETY: `se_cmd` is a command or task management function of this fabric without
            // other users, by the requirements of this callback.
            T::release_cmd(unsafe { Cmd::<T>::release(se_cmd) });
        }
    }

    /// Called by target core for [`Operations::close_session`].
    ///
    /// # Safety
    ///
    /// `se_sess` must be a session of this fabric that target core has removed from its node ACL's
    /// list, and for which it makes this call once.
    unsafe extern "C" fn close_session_callback(se_sess: *mut bindings::se_session) {
        // SAFETY: `se_sess` is a session of this fabric that target core has removed from its node
        // ACL's list, and for which it makes this call once, by the requirements of this callback.
        let se_sess = unsafe { SessionData::<T>::close(se_sess) };
        T::close_session(&se_sess);
    }

    /// Called by target core for [`Operations::sess_get_index`].
    ///
    /// # Safety
    ///
    /// `se_sess` must be a session of this fabric, alive during this call.
    unsafe extern "C" fn sess_get_index_callback(se_sess: *mut bindings::se_session) -> u32 {
        // SAFETY: `se_sess` is a session of this fabric, alive during this call, by the
        // requirements of this callback.
        let se_sess = unsafe { Session::<T>::from_raw(se_sess) };
        T::sess_get_index(se_sess)
    }

    /// Called by target core for [`Operations::sess_get_initiator_sid`].
    ///
    /// # Safety
    ///
    /// - `se_sess` must be a session of this fabric, alive during this call.
    /// - `buf` must be initialized, and valid for reads and writes of `len` bytes by this call
    ///   alone.
    unsafe extern "C" fn sess_get_initiator_sid_callback(
        se_sess: *mut bindings::se_session,
        buf: *mut u8,
        len: u32,
    ) -> u32 {
        // SAFETY: `se_sess` is a session of this fabric, alive during this call, by the
        // requirements of this callback.
        let se_sess = unsafe { Session::<T>::from_raw(se_sess) };
        // SAFETY: `buf` is initialized, and valid for reads and writes of `len` bytes by this call
        // alone, by the requirements of this callback.
        let buf = unsafe { core::slice::from_raw_parts_mut(buf, len as usize) };
        filled(buf, |room| T::sess_get_initiator_sid(se_sess, room))
    }

    /// Called by target core for [`Operations::write_pending`].
    ///
    /// # Safety
    ///
    /// `se_cmd` must be a command of this fabric that waits for its data, and is kept until it is
    /// executed or fails.
    unsafe extern "C" fn write_pending_callback(se_cmd: *mut bindings::se_cmd) -> c_int {
        // SAFETY: `se_cmd` is a command of this fabric that waits for its data, and is kept until
        // it is executed or fails, by the requirements of this callback.
        let se_cmd = unsafe { Pending::<T>::from_raw(se_cmd) };
        T::write_pending(se_cmd);
        0
    }

    /// Called by target core for [`Operations::set_default_node_attributes`].
    ///
    /// # Safety
    ///
    /// `se_nacl` must be a node ACL, allocated with the `node_acl_size` of this vtable and alive
    /// during this call.
    unsafe extern "C" fn set_default_node_attributes_callback(se_nacl: *mut bindings::se_node_acl) {
        // SAFETY: `se_nacl` is a node ACL, allocated with the `node_acl_size` of this vtable and
        // alive during this call, by the requirements of this callback.
        let se_nacl = unsafe { NodeAcl::<T>::from_raw(se_nacl) };
        T::set_default_node_attributes(se_nacl);
    }

    /// Called by target core for [`Operations::get_cmd_state`].
    ///
    /// # Safety
    ///
    /// `se_cmd` must be a command or task management function of this fabric, and not released
    /// during this call.
    unsafe extern "C" fn get_cmd_state_callback(se_cmd: *mut bindings::se_cmd) -> c_int {
        // SAFETY: `se_cmd` is a command or task management function of this fabric, and not
        // released during this call, by the requirements of this callback.
        let se_cmd = unsafe { Task::<T>::from_raw(se_cmd) };
        T::get_cmd_state(se_cmd)
    }

    /// Called by target core for [`Operations::queue_data_in`].
    ///
    /// # Safety
    ///
    /// `se_cmd` must be a command of this fabric whose response is due, and not released during
    /// this call.
    unsafe extern "C" fn queue_data_in_callback(se_cmd: *mut bindings::se_cmd) -> c_int {
        // SAFETY: `se_cmd` is a command of this fabric whose response is due, and not released
        // during this call, by the requirements of this callback.
        let se_cmd = unsafe { Response::<T>::from_raw(se_cmd) };
        response_errno(T::queue_data_in(se_cmd))
    }

    /// Called by target core for [`Operations::queue_status`].
    ///
    /// # Safety
    ///
    /// `se_cmd` must be a command of this fabric whose response is due, and not released during
    /// this call.
    unsafe extern "C" fn queue_status_callback(se_cmd: *mut bindings::se_cmd) -> c_int {
        // SAFETY: `se_cmd` is a command of this fabric whose response is due, and not released
        // during this call, by the requirements of this callback.
        let se_cmd = unsafe { Response::<T>::from_raw(se_cmd) };
        response_errno(T::queue_status(se_cmd))
    }

    /// Called by target core for [`Operations::queue_tm_rsp`].
    ///
    /// # Safety
    ///
    /// `se_cmd` must be a task management function of this fabric whose response is due, and not
    /// released during this call.
    unsafe extern "C" fn queue_tm_rsp_callback(se_cmd: *mut bindings::se_cmd) {
        // SAFETY: `se_cmd` is a task management function of this fabric whose response is due, and
        // not released during this call, by the requirements of this callback.
        let se_cmd = unsafe { TmrResponse::<T>::from_raw(se_cmd) };
        if let Some(se_cmd) = se_cmd {
            T::queue_tm_rsp(se_cmd);
        }
    }

    /// Called by target core for [`Operations::aborted_task`].
    ///
    /// # Safety
    ///
    /// `se_cmd` must be a command or task management function of this fabric, and not released
    /// during this call.
    unsafe extern "C" fn aborted_task_callback(se_cmd: *mut bindings::se_cmd) {
        // SAFETY: `se_cmd` is a command or task management function of this fabric, and not
        // released during this call, by the requirements of this callback.
        let se_cmd = unsafe { Task::<T>::from_raw(se_cmd) };
        // SAFETY: This is the op `aborted_task`, which target core calls once for a task.
        unsafe { se_cmd.abort(T::aborted_task) };
    }

    /// Called by target core for [`Operations::fabric_make_wwn`].
    ///
    /// # Safety
    ///
    /// - `group` must be the directory of the fabric, which keeps the fabric registered.
    /// - `name` must be a text that ends with NUL and does not change during this call.
    unsafe extern "C" fn fabric_make_wwn_callback(
        _: *mut bindings::target_fabric_configfs,
        group: *mut bindings::config_group,
        name: *const c_char,
    ) -> *mut bindings::se_wwn {
        // SAFETY: `group` is the directory of the fabric, which keeps the fabric registered, by the
        // requirements of this callback.
        let data = unsafe { registration::data::<T>(&raw mut (*group).cg_item) };
        // SAFETY: `name` is a text that ends with NUL and does not change during this call, by the
        // requirements of this callback.
        let name = unsafe { bstr(name) };
        let wwn = T::fabric_make_wwn(data, name);
        err_ptr(wwn.and_then(|wwn| Wwn::<T>::create(data, wwn)))
    }

    /// Called by target core for [`Operations::fabric_drop_wwn`].
    ///
    /// # Safety
    ///
    /// - `se_wwn` must be from `Wwn::create`, and alive during this call.
    /// - `se_wwn` must be unused by others during this call, and unused after it.
    unsafe extern "C" fn fabric_drop_wwn_callback(se_wwn: *mut bindings::se_wwn) {
        if T::HAS_FABRIC_DROP_WWN {
            // SAFETY: `se_wwn` is from `Wwn::create`, and alive during this call, by the
            // requirements of this callback.
            T::fabric_drop_wwn(unsafe { Wwn::<T>::from_raw(se_wwn) });
        }
        // SAFETY: `se_wwn` is from `Wwn::create`, unused by others during this call, and unused
        // after it, by the requirements of this callback.
        unsafe { Wwn::<T>::destroy(se_wwn) };
    }

    /// Called by target core for [`Operations::add_wwn_groups`].
    ///
    /// # Safety
    ///
    /// `se_wwn` must be from `Wwn::create`, and alive during this call.
    unsafe extern "C" fn add_wwn_groups_callback(se_wwn: *mut bindings::se_wwn) {
        // SAFETY: `se_wwn` is from `Wwn::create`, and alive during this call, by the requirements
        // of this callback.
        let se_wwn = unsafe { Wwn::<T>::from_raw(se_wwn) };
        // SAFETY: This is the op `add_wwn_groups` for the target port.
        unsafe { se_wwn.add_groups(T::add_wwn_groups(se_wwn)) };
    }

    /// Called by target core for [`Operations::fabric_make_tpg`].
    ///
    /// # Safety
    ///
    /// - `se_wwn` must be from `Wwn::create`, and alive during this call.
    /// - `name` must be a text that ends with NUL and does not change during this call.
    unsafe extern "C" fn fabric_make_tpg_callback(
        se_wwn: *mut bindings::se_wwn,
        name: *const c_char,
    ) -> *mut bindings::se_portal_group {
        // SAFETY: `se_wwn` is from `Wwn::create`, and alive during this call, by the requirements
        // of this callback.
        let se_wwn = unsafe { Wwn::<T>::from_raw(se_wwn) };
        // SAFETY: `name` is a text that ends with NUL and does not change during this call, by the
        // requirements of this callback.
        let name = unsafe { bstr(name) };
        let data = T::fabric_make_tpg(se_wwn, name);
        // SAFETY: The callback returns the result to target core, as that of this op.
        err_ptr(data.and_then(|data| unsafe { Tpg::create(se_wwn, data) }))
    }

    /// Called by target core for [`Operations::fabric_enable_tpg`].
    ///
    /// # Safety
    ///
    /// `se_tpg` must be from `Tpg::create`, and alive during this call.
    unsafe extern "C" fn fabric_enable_tpg_callback(
        se_tpg: *mut bindings::se_portal_group,
        enable: bool,
    ) -> c_int {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        let se_tpg = unsafe { Tpg::<T>::from_raw(se_tpg) };
        errno(se_tpg.enable(enable, || T::fabric_enable_tpg(se_tpg, enable)))
    }

    /// Called by target core for [`Operations::fabric_drop_tpg`].
    ///
    /// # Safety
    ///
    /// - `se_tpg` must be from `Tpg::create`, and alive during this call.
    /// - `se_tpg` must be used only by holders of a reference during this call, and unused after
    ///   it.
    unsafe extern "C" fn fabric_drop_tpg_callback(se_tpg: *mut bindings::se_portal_group) {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        unsafe { Tpg::<T>::from_raw(se_tpg) }.close();
        if T::HAS_FABRIC_DROP_TPG {
            // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the
            // requirements of this callback.
            T::fabric_drop_tpg(unsafe { Tpg::<T>::from_raw(se_tpg) });
        }
        // SAFETY: `se_tpg` is from `Tpg::create`, used only by holders of a reference during this
        // call, and unused after it, by the requirements of this callback.
        unsafe { Tpg::<T>::destroy(se_tpg) };
    }

    /// Called by target core for [`Operations::fabric_post_link`].
    ///
    /// # Safety
    ///
    /// - `se_tpg` must be from `Tpg::create`, and alive during this call.
    /// - `se_lun` must be a LUN of target core, alive during this call.
    unsafe extern "C" fn fabric_post_link_callback(
        se_tpg: *mut bindings::se_portal_group,
        se_lun: *mut bindings::se_lun,
    ) -> c_int {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        let se_tpg = unsafe { Tpg::<T>::from_raw(se_tpg) };
        // SAFETY: `se_lun` is a LUN of target core, alive during this call, by the requirements of
        // this callback.
        let se_lun = unsafe { Lun::from_raw(se_lun) };
        errno(T::fabric_post_link(se_tpg, se_lun))
    }

    /// Called by target core for [`Operations::fabric_pre_unlink`].
    ///
    /// # Safety
    ///
    /// - `se_tpg` must be from `Tpg::create`, and alive during this call.
    /// - `se_lun` must be a LUN of target core, alive during this call.
    unsafe extern "C" fn fabric_pre_unlink_callback(
        se_tpg: *mut bindings::se_portal_group,
        se_lun: *mut bindings::se_lun,
    ) {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        let se_tpg = unsafe { Tpg::<T>::from_raw(se_tpg) };
        // SAFETY: `se_lun` is a LUN of target core, alive during this call, by the requirements of
        // this callback.
        let se_lun = unsafe { Lun::from_raw(se_lun) };
        // SAFETY: This is the op `fabric_pre_unlink` for the LUN.
        unsafe { se_tpg.begin_unlink(se_lun) };
        T::fabric_pre_unlink(se_tpg, se_lun);
    }

    /// Called by target core for [`Operations::fabric_post_unlink`].
    ///
    /// # Safety
    ///
    /// - `se_tpg` must be from `Tpg::create`, and alive during this call.
    /// - `lun` must be a LUN of target core, alive during this call.
    unsafe extern "C" fn fabric_post_unlink_callback(
        se_tpg: *mut bindings::se_portal_group,
        lun: *mut bindings::se_lun,
    ) {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        let se_tpg = unsafe { Tpg::<T>::from_raw(se_tpg) };
        // SAFETY: `lun` is a LUN of target core, alive during this call, by the requirements of
        // this callback.
        let lun = unsafe { Lun::from_raw(lun) };
        T::fabric_post_unlink(se_tpg, lun);
    }

    /// Called by target core for [`Operations::fabric_make_np`].
    ///
    /// # Safety
    ///
    /// - `se_tpg` must be from `Tpg::create`, and alive during this call.
    /// - `name` must be a text that ends with NUL and does not change during this call.
    unsafe extern "C" fn fabric_make_np_callback(
        se_tpg: *mut bindings::se_portal_group,
        _: *mut bindings::config_group,
        name: *const c_char,
    ) -> *mut bindings::se_tpg_np {
        // SAFETY: `se_tpg` is from `Tpg::create`, and alive during this call, by the requirements
        // of this callback.
        let se_tpg = unsafe { Tpg::<T>::from_raw(se_tpg) };
        // SAFETY: `name` is a text that ends with NUL and does not change during this call, by the
        // requirements of this callback.
        let name = unsafe { bstr(name) };
        err_ptr(T::fabric_make_np(se_tpg, name).and_then(Np::<T>::create))
    }

    /// Called by target core for [`Operations::fabric_drop_np`].
    ///
    /// # Safety
    ///
    /// - `se_tpg_np` must be from `Np::create`, and alive during this call.
    /// - `se_tpg_np` must be unused by others during this call, and unused after it.
    unsafe extern "C" fn fabric_drop_np_callback(se_tpg_np: *mut bindings::se_tpg_np) {
        if T::HAS_FABRIC_DROP_NP {
            // SAFETY: `se_tpg_np` is from `Np::create`, and alive during this call, by the
            // requirements of this callback.
            T::fabric_drop_np(unsafe { Np::<T>::from_raw(se_tpg_np) });
        }
        // SAFETY: `se_tpg_np` is from `Np::create`, unused by others during this call, and unused
        // after it, by the requirements of this callback.
        unsafe { Np::<T>::destroy(se_tpg_np) };
    }

    /// Called by target core for [`Operations::fabric_init_nodeacl`].
    ///
    /// # Safety
    ///
    /// - `se_nacl` must be a node ACL, allocated with the `node_acl_size` of this vtable and alive
    ///   during this call.
    /// - `name` must be a text that ends with NUL and does not change during this call.
    unsafe extern "C" fn fabric_init_nodeacl_callback(
        se_nacl: *mut bindings::se_node_acl,
        name: *const c_char,
    ) -> c_int {
        // SAFETY: `se_nacl` is a node ACL, allocated with the `node_acl_size` of this vtable and
        // alive during this call, by the requirements of this callback.
        let se_nacl = unsafe { NodeAcl::<T>::from_raw(se_nacl) };
        // SAFETY: `name` is a text that ends with NUL and does not change during this call, by the
        // requirements of this callback.
        let name = unsafe { bstr(name) };
        let result = T::fabric_init_nodeacl(se_nacl, name);
        // SAFETY: The callback returns the result to target core, as that of this op.
        unsafe { se_nacl.made(result) }
    }

    /// Bit-fields and padding, which [`Self::VTABLE`] does not list.
    const REST: bindings::target_core_fabric_ops = {
        // SAFETY: The struct has pointers, optional functions and numbers, for all of which zero is
        // valid.
        unsafe { mem::zeroed() }
    };

    /// The ops without the fields that [`Self::ops`] sets.
    const VTABLE: bindings::target_core_fabric_ops = bindings::target_core_fabric_ops {
        module: ptr::null_mut(),
        fabric_alias: ptr::null(),
        fabric_name: ptr::null(),
        node_acl_size: NodeAcl::<T>::SIZE,
        #[cfg(ops_has_max_data_sg_nents)]
        max_data_sg_nents: T::MAX_DATA_SG_NENTS,
        #[cfg(ops_has_default_submit_type)]
        default_submit_type: T::DEFAULT_SUBMIT_TYPE,
        #[cfg(ops_has_default_compl_type)]
        default_compl_type: T::DEFAULT_COMPL_TYPE,
        tpg_get_wwn: Some(Self::tpg_get_wwn_callback),
        tpg_get_tag: Some(Self::tpg_get_tag_callback),
        tpg_get_default_depth: if T::HAS_TPG_GET_DEFAULT_DEPTH {
            Some(Self::tpg_get_default_depth_callback)
        } else {
            None
        },
        tpg_check_demo_mode: if T::HAS_TPG_CHECK_DEMO_MODE {
            Some(Self::tpg_check_demo_mode_callback)
        } else {
            None
        },
        tpg_check_demo_mode_cache: if T::HAS_TPG_CHECK_DEMO_MODE_CACHE {
            Some(Self::tpg_check_demo_mode_cache_callback)
        } else {
            None
        },
        tpg_check_demo_mode_write_protect: if T::HAS_TPG_CHECK_DEMO_MODE_WRITE_PROTECT {
            Some(Self::tpg_check_demo_mode_write_protect_callback)
        } else {
            None
        },
        tpg_check_prod_mode_write_protect: if T::HAS_TPG_CHECK_PROD_MODE_WRITE_PROTECT {
            Some(Self::tpg_check_prod_mode_write_protect_callback)
        } else {
            None
        },
        tpg_check_demo_mode_login_only: if T::HAS_TPG_CHECK_DEMO_MODE_LOGIN_ONLY {
            Some(Self::tpg_check_demo_mode_login_only_callback)
        } else {
            None
        },
        tpg_check_prot_fabric_only: if T::HAS_TPG_CHECK_PROT_FABRIC_ONLY {
            Some(Self::tpg_check_prot_fabric_only_callback)
        } else {
            None
        },
        tpg_get_inst_index: if T::HAS_TPG_GET_INST_INDEX {
            Some(Self::tpg_get_inst_index_callback)
        } else {
            None
        },
        check_stop_free: Some(Self::check_stop_free_callback),
        release_cmd: Some(Self::release_cmd_callback),
        close_session: Some(Self::close_session_callback),
        sess_get_index: if T::HAS_SESS_GET_INDEX {
            Some(Self::sess_get_index_callback)
        } else {
            None
        },
        sess_get_initiator_sid: if T::HAS_SESS_GET_INITIATOR_SID {
            Some(Self::sess_get_initiator_sid_callback)
        } else {
            None
        },
        write_pending: Some(Self::write_pending_callback),
        set_default_node_attributes: if T::HAS_SET_DEFAULT_NODE_ATTRIBUTES {
            Some(Self::set_default_node_attributes_callback)
        } else {
            None
        },
        get_cmd_state: if T::HAS_GET_CMD_STATE {
            Some(Self::get_cmd_state_callback)
        } else {
            None
        },
        queue_data_in: Some(Self::queue_data_in_callback),
        queue_status: Some(Self::queue_status_callback),
        queue_tm_rsp: Some(Self::queue_tm_rsp_callback),
        aborted_task: Some(Self::aborted_task_callback),
        fabric_make_wwn: Some(Self::fabric_make_wwn_callback),
        fabric_drop_wwn: Some(Self::fabric_drop_wwn_callback),
        add_wwn_groups: if T::HAS_ADD_WWN_GROUPS {
            Some(Self::add_wwn_groups_callback)
        } else {
            None
        },
        fabric_make_tpg: Some(Self::fabric_make_tpg_callback),
        fabric_enable_tpg: if T::HAS_FABRIC_ENABLE_TPG {
            Some(Self::fabric_enable_tpg_callback)
        } else {
            None
        },
        fabric_drop_tpg: Some(Self::fabric_drop_tpg_callback),
        fabric_post_link: if T::HAS_FABRIC_POST_LINK {
            Some(Self::fabric_post_link_callback)
        } else {
            None
        },
        fabric_pre_unlink: Some(Self::fabric_pre_unlink_callback),
        fabric_post_unlink: if T::HAS_FABRIC_POST_UNLINK {
            Some(Self::fabric_post_unlink_callback)
        } else {
            None
        },
        fabric_make_np: if T::HAS_FABRIC_MAKE_NP {
            Some(Self::fabric_make_np_callback)
        } else {
            None
        },
        fabric_drop_np: if T::HAS_FABRIC_MAKE_NP {
            Some(Self::fabric_drop_np_callback)
        } else {
            None
        },
        fabric_init_nodeacl: if T::HAS_FABRIC_INIT_NODEACL {
            Some(Self::fabric_init_nodeacl_callback)
        } else {
            None
        },
        tfc_discovery_attrs: T::TFC_DISCOVERY_ATTRS.as_ptr(),
        tfc_wwn_attrs: T::TFC_WWN_ATTRS.as_ptr(),
        tfc_tpg_base_attrs: T::TFC_TPG_BASE_ATTRS.as_ptr(),
        tfc_tpg_np_base_attrs: T::TFC_TPG_NP_BASE_ATTRS.as_ptr(),
        tfc_tpg_attrib_attrs: T::TFC_TPG_ATTRIB_ATTRS.as_ptr(),
        tfc_tpg_auth_attrs: T::TFC_TPG_AUTH_ATTRS.as_ptr(),
        tfc_tpg_param_attrs: T::TFC_TPG_PARAM_ATTRS.as_ptr(),
        tfc_tpg_nacl_base_attrs: T::TFC_TPG_NACL_BASE_ATTRS.as_ptr(),
        tfc_tpg_nacl_attrib_attrs: T::TFC_TPG_NACL_ATTRIB_ATTRS.as_ptr(),
        tfc_tpg_nacl_auth_attrs: T::TFC_TPG_NACL_AUTH_ATTRS.as_ptr(),
        tfc_tpg_nacl_param_attrs: T::TFC_TPG_NACL_PARAM_ATTRS.as_ptr(),
        ..Self::REST
    };

    /// True if a portal group is closed until an administrator enables it.
    pub(super) const HAS_ENABLE: bool = T::HAS_FABRIC_ENABLE_TPG;

    /// Returns the ops of the fabric in `module`, for `target_register_template()`.
    pub(super) fn ops(module: *mut bindings::module) -> bindings::target_core_fabric_ops {
        let mut ops = Self::VTABLE;
        ops.module = module;
        ops.fabric_name = T::NAME.as_char_ptr();
        #[cfg(ops_has_write_pending_must_be_called)]
        ops.set_write_pending_must_be_called(T::WRITE_PENDING_MUST_BE_CALLED.into());
        #[cfg(ops_has_direct_compl_supp)]
        ops.set_direct_compl_supp(T::DIRECT_COMPL_SUPP.into());
        #[cfg(ops_has_direct_submit_supp)]
        ops.set_direct_submit_supp(T::DIRECT_SUBMIT_SUPP.into());
        ops
    }
}
