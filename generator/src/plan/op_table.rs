// SPDX-License-Identifier: GPL-2.0-only

//! The table of ops: a specification for each op of the Linux 7.3 header.
//!
//! An op without a row is an empty slot of the generated vtable.

use super::op_spec::{CallContract, CmdHandle, Context, MethodKind, Object, OpSpec, Return};

/// Formats the conditions of each op's calls as a section of a Markdown page, for reviewers.
#[must_use]
pub fn soundness_sections() -> String {
    let mut sections = String::new();
    for OpSpec { name, contract, .. } in OP_SPECS {
        let functions = contract.source.replace(", ", "`, `");
        sections += &format!(
            "### `{name}`\n\n{} See `{functions}`.\n\n",
            contract.context.for_reviewer()
        );
        for (title, text) in [
            ("Locks held", contract.locks),
            ("Concurrent", contract.concurrent),
            ("Lifetimes", contract.lifetime),
            ("Soundness", contract.soundness),
        ] {
            sections += &format!("- {title}: {text}\n");
        }
        sections.push('\n');
    }
    sections
}

/// The specification of the op `name`.
#[must_use]
pub(super) fn op_spec(name: &str) -> Option<&'static OpSpec> {
    OP_SPECS.iter().find(|spec| spec.name == name)
}

/// The names of all known ops.
pub fn op_names() -> impl Iterator<Item = &'static str> {
    OP_SPECS.iter().map(|spec| spec.name)
}

/// The only method that is not an op.
pub const INIT: &str = "init";

/// The context in which a method is called.
#[must_use]
pub fn context(op: &str) -> Option<Context> {
    match op {
        INIT => Some(Context::Process),
        _ => op_spec(op).map(|spec| spec.contract.context),
    }
}

/// Every op, in the order of the Linux 7.3 header.
static OP_SPECS: &[OpSpec] = &[
    OpSpec {
        name: "tpg_get_wwn",
        kind: Some(MethodKind::Call(Return::CStr)),
        purpose: "Returns the name of the target port.",
        contract: CallContract {
            context: Context::Atomic,
            locks: "Depending on the caller: spinlocks of the device's reservations or of ALUA groups, RCU's read side, or `tpg_lun_mutex`.",
            concurrent: "Every other op, including `fabric_make_tpg` and `fabric_drop_tpg` of the same TPG.",
            lifetime: "configfs pins the TPG. The name is borrowed from the TPG.",
            soundness: "The type of the name guarantees the NUL at its end. The layer replaces a name of more than 223 bytes by an empty one, since VPD page 83h prints the name twice into 1,024 bytes.",
            source: "spc_emulate_evpd_83, core_scsi3_update_aptpl_buf",
        },
    },
    OpSpec {
        name: "tpg_get_tag",
        kind: Some(MethodKind::Call(Return::Number)),
        purpose: "Returns the tag of the portal group.",
        contract: CallContract {
            context: Context::Atomic,
            locks: "Those of `tpg_get_wwn`, or `acl_node_mutex`.",
            concurrent: "Every other op.",
            lifetime: "configfs pins the TPG.",
            soundness: "The op returns a number.",
            source: "target_stat_auth_port_show, core_scsi3_update_aptpl_buf",
        },
    },
    OpSpec {
        name: "tpg_get_default_depth",
        kind: Some(MethodKind::Call(Return::Number)),
        purpose: "Returns the queue depth of a new node ACL.",
        contract: CallContract {
            context: Context::Process,
            locks: "At `mkdir acls/X`, configfs locks; at a login, the login lock of the TPG.",
            concurrent: "Logins, and another `mkdir`.",
            lifetime: "configfs, or the handle of the login, pins the TPG.",
            soundness: "The op returns a number. Target core replaces 0 by 1.",
            source: "target_alloc_node_acl",
        },
    },
    OpSpec {
        name: "tpg_check_demo_mode",
        kind: Some(MethodKind::Call(Return::Bool)),
        purpose: "Returns true if initiators without a node ACL may log in.",
        contract: CallContract {
            context: Context::Process,
            locks: "At a login, the login lock of the TPG; at a link, configfs locks.",
            concurrent: "Every other op.",
            lifetime: "configfs, or the handle of the login, pins the TPG.",
            soundness: "The op returns a `bool`.",
            source: "core_tpg_check_initiator_node_acl, core_dev_add_lun",
        },
    },
    OpSpec {
        name: "tpg_check_demo_mode_cache",
        kind: Some(MethodKind::Call(Return::Bool)),
        purpose: "Returns true if a demo-mode node ACL is kept after its session ends. Called when a session ends.",
        contract: CallContract {
            context: Context::Process,
            locks: "`acl_node_mutex`, and the login lock of the TPG.",
            concurrent: "Commands of other sessions.",
            lifetime: "The login of the session, which `Nexus` holds, keeps the TPG.",
            soundness: "The op returns a `bool`. A login or logout in the op deadlocks, as documented at `Nexus::new`.",
            source: "transport_free_session",
        },
    },
    OpSpec {
        name: "tpg_check_demo_mode_write_protect",
        kind: Some(MethodKind::Call(Return::Bool)),
        purpose: "Returns true if LUNs are read-only in demo mode.",
        contract: CallContract {
            context: Context::Process,
            locks: "`tpg_lun_mutex`; at a login also the login lock of the TPG, at a link also `acl_node_mutex`.",
            concurrent: "Every other op.",
            lifetime: "configfs, or the handle of the login, pins the TPG.",
            soundness: "The op returns a `bool`.",
            source: "core_tpg_add_node_to_devs",
        },
    },
    OpSpec {
        name: "tpg_check_prod_mode_write_protect",
        kind: Some(MethodKind::Call(Return::Bool)),
        purpose: "Returns true if the LUNs of a node ACL are read-only initially.",
        contract: CallContract {
            context: Context::Atomic,
            locks: "RCU's read side.",
            concurrent: "Every other op.",
            lifetime: "The target of the link keeps the TPG.",
            soundness: "The op returns a `bool`.",
            source: "target_fabric_mappedlun_link",
        },
    },
    OpSpec {
        name: "tpg_check_demo_mode_login_only",
        kind: Some(MethodKind::Call(Return::Bool)),
        purpose: "Returns true if initiators see no LUNs in demo mode.",
        contract: CallContract {
            context: Context::Process,
            locks: "At a login, the login lock of the TPG; at a link, `acl_node_mutex`.",
            concurrent: "Every other op.",
            lifetime: "configfs, or the handle of the login, pins the TPG.",
            soundness: "The op returns a `bool`, which the layer passes on as 0 or 1: target core compares it with 1.",
            source: "core_tpg_check_initiator_node_acl, core_dev_add_lun",
        },
    },
    OpSpec {
        name: "tpg_check_prot_fabric_only",
        kind: Some(MethodKind::Call(Return::Number)),
        purpose: "Returns the type of protection information, `enum target_prot_type`, that the fabric offers for a backstore without any. Called when a session is made.",
        contract: CallContract {
            context: Context::Atomic,
            locks: "`session_lock`, with interrupts disabled.",
            concurrent: "Commands of other sessions.",
            lifetime: "The handle of the login keeps the TPG.",
            soundness: "The op returns a number.",
            source: "__transport_register_session",
        },
    },
    OpSpec {
        name: "tpg_get_inst_index",
        kind: Some(MethodKind::Call(Return::Number)),
        purpose: "Returns the SNMP index of the portal group.",
        contract: CallContract {
            context: Context::Atomic,
            locks: "RCU's read side.",
            concurrent: "Every other op.",
            lifetime: "The directory of a LUN pins the TPG.",
            soundness: "The op returns a number.",
            source: "target_stat_transport_indx_show",
        },
    },
    OpSpec {
        name: "check_stop_free",
        kind: None,
        purpose: "Drops target core's reference to a completed task.",
        contract: CallContract {
            context: Context::Any,
            locks: "No lock of target core.",
            concurrent: "No other op of the command.",
            lifetime: "The reference that is being dropped keeps the command.",
            soundness: "The layer implements the op: there is no method. A driver that keeps a response has a reference of its own.",
            source: "transport_cmd_check_stop_to_fabric",
        },
    },
    OpSpec {
        name: "release_cmd",
        kind: Some(MethodKind::HandOver(CmdHandle::Memory)),
        purpose: "Takes back the memory of a command after its last reference was dropped.",
        contract: CallContract {
            context: Context::Any,
            locks: "The locks of the caller that drops the last reference.",
            concurrent: "No other op of the command.",
            lifetime: "The driver owns the memory, or, with tags, borrows it from the session. Target core decrements the session's count of commands after the op, so `Nexus` also waits for a grace period.",
            soundness: "The op gets the memory by value, in the type in which it was submitted. The layer drops the driver's data first.",
            source: "target_release_cmd_kref",
        },
    },
    OpSpec {
        name: "close_session",
        kind: Some(MethodKind::CloseSession),
        purpose: "Asks the driver to end a session whose node ACL is being removed or changed.",
        contract: CallContract {
            context: Context::Process,
            locks: "The configfs locks of the node ACL.",
            concurrent: "The end of the same session, and `Nexus::new` before it returns.",
            lifetime: "Nothing keeps the session. The drop of `Nexus` sees that the session was removed from its node ACL's list, and waits until this op holds a reference to `SessionData`.",
            soundness: "The op gets `SessionData`, which has the TPG and the driver's data, and not the session. `Session::is_close_requested` is set before the op.",
            source: "target_shutdown_sessions, transport_deregister_session_configfs",
        },
    },
    OpSpec {
        name: "sess_get_index",
        kind: Some(MethodKind::Call(Return::Number)),
        purpose: "Returns the SNMP index of a session.",
        contract: CallContract {
            context: Context::Atomic,
            locks: "`nacl_sess_lock`, with interrupts disabled.",
            concurrent: "Every other op of the session, also before `Nexus::new` returns.",
            lifetime: "`nacl_sess_lock` keeps the session: the end of the session takes it.",
            soundness: "The op returns a number.",
            source: "target_stat_iport_indx_show",
        },
    },
    OpSpec {
        name: "sess_get_initiator_sid",
        kind: Some(MethodKind::InitiatorSid),
        purpose: "Fills in the initiator session identifier and returns its length, for protocols whose TransportIDs have one.",
        contract: CallContract {
            context: Context::Atomic,
            locks: "`session_lock` or `nacl_sess_lock`, with interrupts disabled; for a reservation, none.",
            concurrent: "The same op, and every other op of the session.",
            lifetime: "A command, or `nacl_sess_lock` as for `sess_get_index`, keeps the session. The buffer is zeroed, on the caller's stack.",
            soundness: "The driver gets all bytes but the last, which the layer keeps as NUL.",
            source: "core_scsi3_locate_pr_reg, __transport_register_session",
        },
    },
    OpSpec {
        name: "write_pending",
        kind: Some(MethodKind::HandOver(CmdHandle::Pending)),
        purpose: "Starts to fetch the data of a write from the initiator; the command is executed once they have arrived. Returns immediately: other commands of the device, and an abort of this one, may wait for the op.",
        contract: CallContract {
            context: Context::Process,
            locks: "None. The op may run in the device's submission work, which an abort waits for.",
            concurrent: "An abort of the command.",
            lifetime: "Target core waits until the command is executed or fails, and keeps it until then.",
            soundness: "Executing or failing the command consumes `Pending`; dropping it fails the command. The op cannot return the command to target core, which would lose an aborted command.",
            source: "transport_generic_new_cmd, transport_write_pending_qf",
        },
    },
    OpSpec {
        name: "set_default_node_attributes",
        kind: Some(MethodKind::Call(Return::Void)),
        purpose: "Sets the attributes of a new node ACL, also in demo mode.",
        contract: CallContract {
            context: Context::Process,
            locks: "Those of `tpg_get_default_depth`.",
            concurrent: "No other op of the node ACL, which is not visible yet.",
            lifetime: "The node ACL is kept until its directory is removed, or its last session ends.",
            soundness: "The driver's data are zeroed, which is valid (`Zeroable`). They change by atomics, or under the lock of the TPG.",
            source: "target_alloc_node_acl",
        },
    },
    OpSpec {
        name: "get_cmd_state",
        kind: Some(MethodKind::Call(Return::Number)),
        purpose: "Returns the driver's state of a command, for messages.",
        contract: CallContract {
            context: Context::Any,
            locks: "`t_state_lock`, with interrupts disabled.",
            concurrent: "Every op of the command.",
            lifetime: "A reference of the caller keeps the command.",
            soundness: "The op returns a number.",
            source: "target_show_cmd, __transport_wait_for_tasks",
        },
    },
    OpSpec {
        name: "queue_data_in",
        kind: Some(MethodKind::HandOver(CmdHandle::Response)),
        purpose: "Sends the data of a read, and the status, to the initiator. Target core immediately queues a response again that `Response::retry` returns. Use `retry` only when memory is short.",
        contract: CallContract {
            context: Context::Completion,
            locks: "No lock of target core. TCMU holds a mutex; with direct completion, the backstore may hold its locks.",
            concurrent: "Other commands of the session.",
            lifetime: "A reference of target core keeps the command until the op returns.",
            soundness: "`Response` ends with the op, is returned by `Response::retry`, or is kept with a reference. A fabric with direct completion cannot return it: target core would enable interrupts. The status, the sense data and the payload do not change any more.",
            source: "target_complete_ok_work, transport_complete_qf",
        },
    },
    OpSpec {
        name: "queue_status",
        kind: Some(MethodKind::HandOver(CmdHandle::Response)),
        purpose: "Sends the status of a command, with sense data if any, to the initiator. As `queue_data_in`, except that a command that is refused before its LUN is attached (unknown or write-protected LUN, invalid CDB length) ends without a response if `Response::retry` returns it. For a command that is refused at submission the op runs in `Session::submit`, and for a failed write in `Pending::execute` or `Pending::fail`, in the context of the caller and under its locks.",
        contract: CallContract {
            context: Context::Status,
            locks: "Those of `queue_data_in`; in `Session::submit`, `Pending::execute` and `Pending::fail`, those of the caller.",
            concurrent: "Other commands of the session.",
            lifetime: "As for `queue_data_in`.",
            soundness: "As for `queue_data_in`.",
            source: "transport_generic_request_failure, target_submit_prep, target_handle_abort",
        },
    },
    OpSpec {
        name: "queue_tm_rsp",
        kind: Some(MethodKind::HandOver(CmdHandle::TmrResponse)),
        purpose: "Sends the response to a task management function.",
        contract: CallContract {
            context: Context::Process,
            locks: "None.",
            concurrent: "Commands, and a reset that marks the TMF as aborted.",
            lifetime: "Target core keeps the TMF until the op returns.",
            soundness: "The op gets the response code and the driver's data by value, and the data once.",
            source: "target_tmr_work, target_complete_tmr_failure",
        },
    },
    OpSpec {
        name: "aborted_task",
        kind: Some(MethodKind::AbortTask),
        purpose: "Drops the transport's state of a task that was aborted without a response.",
        contract: CallContract {
            context: Context::Any,
            locks: "None.",
            concurrent: "No other op of the task.",
            lifetime: "Target core keeps the task until the op returns.",
            soundness: "The op gets a shared reference to a command, or the driver's data of a TMF by value, once. Target core drops its own reference next.",
            source: "target_handle_abort",
        },
    },
    OpSpec {
        name: "fabric_make_wwn",
        kind: Some(MethodKind::Make(Object::Wwn)),
        purpose: "Makes a target port for `mkdir target/$FABRIC/$WWN`. Target core reports every error as EINVAL.",
        contract: CallContract {
            context: Context::Process,
            locks: "The configfs locks of `mkdir`.",
            concurrent: "No other `mkdir` in the directory.",
            lifetime: "The name is valid during the op. The target port is kept until `fabric_drop_wwn`.",
            soundness: "The op returns an initializer. The layer allocates the zeroed target port together with the data.",
            source: "target_fabric_make_wwn",
        },
    },
    OpSpec {
        name: "fabric_drop_wwn",
        kind: Some(MethodKind::Drop(Object::Wwn)),
        purpose: "Stops a target port for rmdir; its data are dropped next. It has no portal groups any more.",
        contract: CallContract {
            context: Context::Process,
            locks: "The configfs locks of `rmdir`.",
            concurrent: "No other op of the target port.",
            lifetime: "The target port is kept until the op returns.",
            soundness: "The op gets a shared reference. The layer frees the target port after the op.",
            source: "target_fabric_release_wwn",
        },
    },
    OpSpec {
        name: "add_wwn_groups",
        kind: Some(MethodKind::Call(Return::Groups)),
        purpose: "Returns groups of attributes for `fabric_statistics` of a new target port. If memory is short, the directory stays empty.",
        contract: CallContract {
            context: Context::Process,
            locks: "The configfs locks of `mkdir`.",
            concurrent: "No other op of the target port.",
            lifetime: "The target port is kept until `fabric_drop_wwn`.",
            soundness: "The op returns static groups of its own kind of directory. The layer allocates their config groups, which configfs frees when target core removes them, before `fabric_drop_wwn`.",
            source: "target_fabric_make_wwn",
        },
    },
    OpSpec {
        name: "fabric_make_tpg",
        kind: Some(MethodKind::Make(Object::Tpg)),
        purpose: "Makes a portal group for `mkdir target/$FABRIC/$WWN/tpgt_$TAG`. Target core reports every error as EINVAL.",
        contract: CallContract {
            context: Context::Process,
            locks: "The configfs locks of `mkdir`.",
            concurrent: "No other `mkdir` in the directory.",
            lifetime: "configfs pins the target port. The TPG is kept until `fabric_drop_tpg`.",
            soundness: "The op returns an initializer. The layer registers the TPG after it is complete.",
            source: "target_fabric_make_tpg, core_tpg_register",
        },
    },
    OpSpec {
        name: "fabric_enable_tpg",
        kind: Some(MethodKind::EnableTpg),
        purpose: "Opens or closes a portal group to initiators, for a write to its attribute `enable`. The layer refuses logins while it is closed. Closing should not fail: target core has already released the RTPI.",
        contract: CallContract {
            context: Context::Process,
            locks: "The configfs locks of the attribute.",
            concurrent: "Logins, commands and links; the same op, if the attribute is written concurrently.",
            lifetime: "configfs pins the TPG.",
            soundness: "The op gets a shared reference.",
            source: "target_tpg_enable, target_tpg_disable",
        },
    },
    OpSpec {
        name: "fabric_drop_tpg",
        kind: Some(MethodKind::Drop(Object::Tpg)),
        purpose: "Stops a portal group for rmdir. The method ends its sessions and drops its handles. The group is unregistered next, and its data are dropped.",
        contract: CallContract {
            context: Context::Process,
            locks: "The configfs locks of `rmdir`.",
            concurrent: "Sessions, and threads that hold the TPG.",
            lifetime: "The TPG is kept until its last handle and its last session are dropped. The layer waits for both after the op.",
            soundness: "No login succeeds after the op has begun. Only handles and sessions refer to the TPG.",
            source: "target_fabric_tpg_release, core_tpg_deregister",
        },
    },
    OpSpec {
        name: "fabric_post_link",
        kind: Some(MethodKind::Call(Return::Errno)),
        purpose: "Called after a backstore was linked to a LUN, which accepts commands already. Target core ignores an error.",
        contract: CallContract {
            context: Context::Process,
            locks: "The configfs locks of the LUN.",
            concurrent: "Commands to the LUN.",
            lifetime: "The link keeps the LUN and the TPG.",
            soundness: "The op gets shared references.",
            source: "target_fabric_port_link",
        },
    },
    OpSpec {
        name: "fabric_pre_unlink",
        kind: Some(MethodKind::Unlink),
        purpose: "Called before a backstore is unlinked; commands to the LUN may still be active.",
        contract: CallContract {
            context: Context::Process,
            locks: "The configfs locks of the LUN.",
            concurrent: "Commands to the LUN.",
            lifetime: "The LUN is kept until `fabric_post_unlink`.",
            soundness: "The op gets shared references. The layer marks the LUN before the op, and refuses logins until target core has removed the LUN from the portal group. A demo-mode login before that would get a device entry that target core never frees.",
            source: "target_fabric_port_unlink",
        },
    },
    OpSpec {
        name: "fabric_post_unlink",
        kind: Some(MethodKind::Call(Return::Void)),
        purpose: "Called after a backstore was unlinked; no command to the LUN is active any more.",
        contract: CallContract {
            context: Context::Process,
            locks: "The configfs locks of the LUN.",
            concurrent: "No other op of the LUN.",
            lifetime: "The LUN is kept until the op returns.",
            soundness: "The op gets shared references. The layer does not read the device of the LUN.",
            source: "target_fabric_port_unlink",
        },
    },
    OpSpec {
        name: "fabric_make_np",
        kind: Some(MethodKind::Make(Object::Np)),
        purpose: "Makes a network portal for `mkdir …/np/$PORTAL`. Target core reports every error as EINVAL.",
        contract: CallContract {
            context: Context::Process,
            locks: "The configfs locks of `mkdir`.",
            concurrent: "No other `mkdir` in the directory.",
            lifetime: "configfs pins the TPG. The network portal is kept until `fabric_drop_np`.",
            soundness: "The op returns an initializer. The layer allocates the zeroed network portal together with the data.",
            source: "target_fabric_make_np",
        },
    },
    OpSpec {
        name: "fabric_drop_np",
        kind: Some(MethodKind::Drop(Object::Np)),
        purpose: "Stops a network portal for rmdir; its data are dropped next.",
        contract: CallContract {
            context: Context::Process,
            locks: "The configfs locks of `rmdir`.",
            concurrent: "Network portals of other TPGs.",
            lifetime: "The network portal is kept until the op returns.",
            soundness: "The op gets a shared reference. The layer frees the portal after the op.",
            source: "target_fabric_np_base_release",
        },
    },
    OpSpec {
        name: "fabric_init_nodeacl",
        kind: Some(MethodKind::InitNodeAcl),
        purpose: "Accepts or refuses a node ACL for `mkdir …/acls/$INITIATOR`. The node ACL may be one of demo mode, and a session may use it already.",
        contract: CallContract {
            context: Context::Process,
            locks: "The configfs locks of `mkdir`.",
            concurrent: "Logins with the node ACL, and their commands.",
            lifetime: "The node ACL is kept until its directory is removed. The name is valid during the op.",
            soundness: "The op gets a shared reference. If the op fails, the layer frees the name, which target core leaks.",
            source: "target_fabric_make_nodeacl",
        },
    },
];
