// SPDX-License-Identifier: GPL-2.0-only

//! The table of ops: a specification for each op of the Linux 7.3 header.
//!
//! An op without a row is an empty slot of the generated vtable.

use super::op_spec::{CallContract, CmdHandle, Context, MethodKind, Object, OpSpec, Return};

/// Formats the conditions of each op's calls as a Markdown table, for reviewers.
#[must_use]
pub fn soundness_table() -> String {
    let mut table = String::from(
        "| op | context | locks held | concurrent | lifetimes | why safe code cannot misuse it | C \
         source |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for OpSpec { name, calls, .. } in OP_SPECS {
        let source: Vec<_> = calls
            .source
            .split(", ")
            .map(|function| format!("`{function}`"))
            .collect();
        let cells = [
            format!("`{name}`"),
            calls.context.word().to_owned(),
            calls.locks.to_owned(),
            calls.concurrent.to_owned(),
            calls.lifetime.to_owned(),
            calls.soundness.to_owned(),
            source.join(", "),
        ];
        table += &format!("| {} |\n", cells.join(" | "));
    }
    table
}

/// The specification of the op `name`.
#[must_use]
pub(super) fn op_spec(name: &str) -> Option<&'static OpSpec> {
    OP_SPECS.iter().find(|spec| spec.name == name)
}

/// The names of all known ops.
pub fn ops() -> impl Iterator<Item = &'static str> {
    OP_SPECS.iter().map(|spec| spec.name)
}

/// The context in which a method is called. `init` is the only method that is not an op.
#[must_use]
pub fn context(op: &str) -> Option<Context> {
    match op {
        "init" => Some(Context::Process),
        _ => op_spec(op).map(|spec| spec.calls.context),
    }
}

/// Every op, in the order of the Linux 7.3 header.
static OP_SPECS: &[OpSpec] = &[
    OpSpec {
        name: "tpg_get_wwn",
        kind: Some(MethodKind::Call(Return::CStr)),
        purpose: "Returns the name of the target port.",
        calls: CallContract {
            context: Context::Atomic,
            locks: "Up to spinlocks of the device's reservations, of ALUA groups, or RCU; `tpg_lun_mutex`",
            concurrent: "Every other op, including `fabric_make_tpg` and `fabric_drop_tpg` of the same TPG",
            lifetime: "TPG: pinned by configfs. Name: borrowed from the TPG",
            soundness: "The name is NUL-terminated by its type. Over 223 bytes: replaced by an empty name; VPD 83h prints it twice into 1,024 bytes",
            source: "spc_emulate_evpd_83, core_scsi3_update_aptpl_buf",
        },
    },
    OpSpec {
        name: "tpg_get_tag",
        kind: Some(MethodKind::Call(Return::Number)),
        purpose: "Returns the tag of the portal group.",
        calls: CallContract {
            context: Context::Atomic,
            locks: "As `tpg_get_wwn`; `acl_node_mutex`",
            concurrent: "Every other op",
            lifetime: "TPG: pinned by configfs",
            soundness: "A number",
            source: "target_stat_auth_port_show, core_scsi3_update_aptpl_buf",
        },
    },
    OpSpec {
        name: "tpg_get_default_depth",
        kind: Some(MethodKind::Call(Return::Number)),
        purpose: "Returns the queue depth of a new node ACL.",
        calls: CallContract {
            context: Context::Process,
            locks: "`mkdir acls/X`: configfs locks; login: the login lock of the TPG",
            concurrent: "Logins, another `mkdir`",
            lifetime: "TPG: pinned by configfs, or by the login's handle",
            soundness: "A number; target core replaces 0 by 1",
            source: "target_alloc_node_acl",
        },
    },
    OpSpec {
        name: "tpg_check_demo_mode",
        kind: Some(MethodKind::Call(Return::Bool)),
        purpose: "Returns true if initiators without a node ACL may log in.",
        calls: CallContract {
            context: Context::Process,
            locks: "Login: the login lock of the TPG; link: configfs locks",
            concurrent: "Every other op",
            lifetime: "TPG: pinned by configfs, or by the login's handle",
            soundness: "A truth value",
            source: "core_tpg_check_initiator_node_acl, core_dev_add_lun",
        },
    },
    OpSpec {
        name: "tpg_check_demo_mode_cache",
        kind: Some(MethodKind::Call(Return::Bool)),
        purpose: "Returns true if a demo-mode node ACL is kept after its session ends. Called when a session ends.",
        calls: CallContract {
            context: Context::Process,
            locks: "`acl_node_mutex`, and the login lock of the TPG",
            concurrent: "Commands of other sessions",
            lifetime: "TPG: held by the session's login, which `Nexus` holds",
            soundness: "A truth value. A login or logout in the op deadlocks, as documented at `Nexus::new`",
            source: "transport_free_session",
        },
    },
    OpSpec {
        name: "tpg_check_demo_mode_write_protect",
        kind: Some(MethodKind::Call(Return::Bool)),
        purpose: "Returns true if LUNs are read-only in demo mode.",
        calls: CallContract {
            context: Context::Process,
            locks: "`tpg_lun_mutex`, and `acl_node_mutex` for a link",
            concurrent: "Every other op",
            lifetime: "TPG: pinned by configfs, or by the login's handle",
            soundness: "A truth value",
            source: "core_tpg_add_node_to_devs",
        },
    },
    OpSpec {
        name: "tpg_check_prod_mode_write_protect",
        kind: Some(MethodKind::Call(Return::Bool)),
        purpose: "Returns true if the LUNs of a node ACL are read-only initially.",
        calls: CallContract {
            context: Context::Atomic,
            locks: "RCU's read side",
            concurrent: "Every other op",
            lifetime: "TPG: held by the target of the link",
            soundness: "A truth value",
            source: "target_fabric_mappedlun_link",
        },
    },
    OpSpec {
        name: "tpg_check_demo_mode_login_only",
        kind: Some(MethodKind::Call(Return::Bool)),
        purpose: "Returns true if initiators see no LUNs in demo mode.",
        calls: CallContract {
            context: Context::Process,
            locks: "`acl_node_mutex` for a link",
            concurrent: "Every other op",
            lifetime: "TPG: pinned by configfs, or by the login's handle",
            soundness: "A truth value: 0 or 1, as target core compares it",
            source: "core_tpg_check_initiator_node_acl, core_dev_add_lun",
        },
    },
    OpSpec {
        name: "tpg_check_prot_fabric_only",
        kind: Some(MethodKind::Call(Return::Number)),
        purpose: "Returns the type of protection information, `enum target_prot_type`, that the fabric offers for a backstore without any. Called when a session is made.",
        calls: CallContract {
            context: Context::Atomic,
            locks: "`session_lock`, interrupts off",
            concurrent: "Commands of other sessions",
            lifetime: "TPG: held by the login's handle",
            soundness: "A number",
            source: "__transport_register_session",
        },
    },
    OpSpec {
        name: "tpg_get_inst_index",
        kind: Some(MethodKind::Call(Return::Number)),
        purpose: "Returns the SNMP index of the portal group.",
        calls: CallContract {
            context: Context::Atomic,
            locks: "RCU's read side",
            concurrent: "Every other op",
            lifetime: "TPG: pinned by the directory of a LUN",
            soundness: "A number",
            source: "target_stat_transport_indx_show",
        },
    },
    OpSpec {
        name: "check_stop_free",
        kind: None,
        purpose: "Drops target core's reference to a completed task.",
        calls: CallContract {
            context: Context::Any,
            locks: "None of target core",
            concurrent: "No other op of the command",
            lifetime: "Command: held by the reference that is dropped",
            soundness: "The layer implements the op; there is no method. A driver that keeps a response has its own reference",
            source: "transport_cmd_check_stop_to_fabric",
        },
    },
    OpSpec {
        name: "release_cmd",
        kind: Some(MethodKind::HandOver(CmdHandle::Memory)),
        purpose: "Takes back the memory of a command after its last reference was dropped.",
        calls: CallContract {
            context: Context::Any,
            locks: "Those of the caller that drops the last reference",
            concurrent: "No other op of the command",
            lifetime: "Memory: owned by the driver. Target core decrements the session's count of commands after the op, so `Nexus` also waits for a grace period",
            soundness: "By value: the driver's data are dropped before; the memory has the type of the submission",
            source: "target_release_cmd_kref",
        },
    },
    OpSpec {
        name: "close_session",
        kind: Some(MethodKind::CloseSession),
        purpose: "Asks the driver to end a session whose node ACL is being removed or changed.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs locks of the node ACL",
            concurrent: "The end of the same session, and `Nexus::new` before it returns",
            lifetime: "Session: not held. Dropping `Nexus` sees that the session was removed from its node ACL's list, and waits until this op holds a count of `SessionData`",
            soundness: "`SessionData` has the TPG and the driver's data, not the session. `Session::is_close_requested` is set before",
            source: "target_shutdown_sessions, transport_deregister_session_configfs",
        },
    },
    OpSpec {
        name: "sess_get_index",
        kind: Some(MethodKind::Call(Return::Number)),
        purpose: "Returns the SNMP index of a session.",
        calls: CallContract {
            context: Context::Atomic,
            locks: "`nacl_sess_lock`, interrupts off",
            concurrent: "Every other op of the session, also before `Nexus::new` returns",
            lifetime: "Session: held by `nacl_sess_lock`, which the end of the session takes",
            soundness: "A number",
            source: "target_stat_iport_indx_show",
        },
    },
    OpSpec {
        name: "sess_get_initiator_sid",
        kind: Some(MethodKind::InitiatorSid),
        purpose: "Fills in the initiator session identifier and returns its length, for protocols whose TransportIDs have one.",
        calls: CallContract {
            context: Context::Atomic,
            locks: "`session_lock` or `nacl_sess_lock`, interrupts off; none for a reservation",
            concurrent: "The same op, and every other op of the session",
            lifetime: "Session: as for `sess_get_index`, or held by a command. Buffer: zeroed, on the caller's stack",
            soundness: "The driver gets all bytes but the last, and the layer adds the NUL",
            source: "core_scsi3_locate_pr_reg, __transport_register_session",
        },
    },
    OpSpec {
        name: "write_pending",
        kind: Some(MethodKind::HandOver(CmdHandle::Pending)),
        purpose: "Starts to fetch the data of a write from the initiator; the command is executed once they have arrived. Returns immediately: other commands of the device, and an abort of this one, may wait for the op.",
        calls: CallContract {
            context: Context::Process,
            locks: "None. May run in the device's submission work, which an abort waits for",
            concurrent: "An abort of the command",
            lifetime: "Command: kept until it is executed or fails, which target core waits for",
            soundness: "Executing or failing the command consumes `Pending`; dropping it fails the command. It cannot be given back: target core loses an aborted command that is",
            source: "transport_generic_new_cmd, transport_write_pending_qf",
        },
    },
    OpSpec {
        name: "set_default_node_attributes",
        kind: Some(MethodKind::Call(Return::Void)),
        purpose: "Sets the attributes of a new node ACL, also in demo mode.",
        calls: CallContract {
            context: Context::Process,
            locks: "As `tpg_get_default_depth`",
            concurrent: "No other op of the node ACL, which is not visible yet",
            lifetime: "Node ACL: kept until its directory is removed, or its last session ends",
            soundness: "The data are zeroed, which is valid (`Zeroable`); they change by atomics, or under the TPG's lock",
            source: "target_alloc_node_acl",
        },
    },
    OpSpec {
        name: "get_cmd_state",
        kind: Some(MethodKind::Call(Return::Number)),
        purpose: "Returns the driver's state of a command, for messages.",
        calls: CallContract {
            context: Context::Any,
            locks: "`t_state_lock`, interrupts off",
            concurrent: "Every op of the command",
            lifetime: "Command: held by a reference of the caller",
            soundness: "A number",
            source: "target_show_cmd, __transport_wait_for_tasks",
        },
    },
    OpSpec {
        name: "queue_data_in",
        kind: Some(MethodKind::HandOver(CmdHandle::Response)),
        purpose: "Sends the data of a read, and the status, to the initiator. A response that is returned by `Response::retry` is queued again immediately, each time: return it only if memory is short.",
        calls: CallContract {
            context: Context::Completion,
            locks: "None of target core; TCMU: a mutex; direct completion: those of the backstore",
            concurrent: "Other commands of the session",
            lifetime: "Command: held by target core's reference until the op returns",
            soundness: "`Response` ends with the op, is given back unchanged, or is kept with a reference. A fabric with direct completion cannot give it back: target core would enable interrupts. Status, sense data and payload no longer change",
            source: "target_complete_ok_work, transport_complete_qf",
        },
    },
    OpSpec {
        name: "queue_status",
        kind: Some(MethodKind::HandOver(CmdHandle::Response)),
        purpose: "Sends the status of a command, with sense data if any, to the initiator. As `queue_data_in`, except that the response to a command refused at submission is not queued again. For such a command the op runs in `Session::submit`, and for a failed write in `Pending::execute` or the drop of the `Pending`, in the context of the caller and under its locks.",
        calls: CallContract {
            context: Context::Completion,
            locks: "As `queue_data_in`",
            concurrent: "As `queue_data_in`. May run in `Session::submit`, `Pending::execute` and the drop of `Pending`",
            lifetime: "As `queue_data_in`",
            soundness: "As `queue_data_in`",
            source: "transport_generic_request_failure, target_submit_prep, target_handle_abort",
        },
    },
    OpSpec {
        name: "queue_tm_rsp",
        kind: Some(MethodKind::HandOver(CmdHandle::TmrResponse)),
        purpose: "Sends the response to a task management function.",
        calls: CallContract {
            context: Context::Process,
            locks: "None",
            concurrent: "Commands; a reset that marks the TMF as aborted",
            lifetime: "TMF: kept until the op returns",
            soundness: "By value: the response code, and the driver's data, which are taken once",
            source: "target_tmr_work, target_complete_tmr_failure",
        },
    },
    OpSpec {
        name: "aborted_task",
        kind: Some(MethodKind::AbortTask),
        purpose: "Drops the transport's state of a task that was aborted without a response.",
        calls: CallContract {
            context: Context::Any,
            locks: "None",
            concurrent: "No other op of the task",
            lifetime: "Task: kept until the op returns",
            soundness: "A command: a shared reference. A TMF: the driver's data, by value, taken once. Target core drops its own reference next",
            source: "target_handle_abort",
        },
    },
    OpSpec {
        name: "fabric_make_wwn",
        kind: Some(MethodKind::Make(Object::Wwn)),
        purpose: "Makes a target port for `mkdir target/$FABRIC/$WWN`. Target core reports every error as EINVAL.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs locks of `mkdir`",
            concurrent: "No other `mkdir` there",
            lifetime: "Name: during the op. Target port: until `fabric_drop_wwn`",
            soundness: "An initializer: the layer allocates the zeroed port together with the data",
            source: "target_fabric_make_wwn",
        },
    },
    OpSpec {
        name: "fabric_drop_wwn",
        kind: Some(MethodKind::Drop(Object::Wwn)),
        purpose: "Stops a target port for rmdir; its data are dropped next. It has no portal groups any more.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs locks of `rmdir`",
            concurrent: "No other op of the target port",
            lifetime: "Target port: kept until the op returns",
            soundness: "A shared reference; the layer frees the target port after the op",
            source: "target_fabric_release_wwn",
        },
    },
    OpSpec {
        name: "add_wwn_groups",
        kind: Some(MethodKind::Call(Return::Void)),
        purpose: "Adds config groups to a new target port.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs locks of `mkdir`",
            concurrent: "No other op of the target port",
            lifetime: "Target port: kept until `fabric_drop_wwn`",
            soundness: "A shared reference",
            source: "target_fabric_make_wwn",
        },
    },
    OpSpec {
        name: "fabric_make_tpg",
        kind: Some(MethodKind::Make(Object::Tpg)),
        purpose: "Makes a portal group for `mkdir target/$FABRIC/$WWN/tpgt_$TAG`. Target core reports every error as EINVAL.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs locks of `mkdir`",
            concurrent: "No other `mkdir` there",
            lifetime: "Target port: pinned by configfs. TPG: until `fabric_drop_tpg`",
            soundness: "An initializer: the layer registers the TPG after it is complete",
            source: "target_fabric_make_tpg, core_tpg_register",
        },
    },
    OpSpec {
        name: "fabric_enable_tpg",
        kind: Some(MethodKind::EnableTpg),
        purpose: "Opens or closes a portal group to initiators, for a write to its attribute `enable`. The layer refuses logins while it is closed. Closing should not fail: target core has already released the RTPI.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs locks of the attribute",
            concurrent: "Logins, commands, links; the same op, for concurrent writes to the attribute",
            lifetime: "TPG: pinned by configfs",
            soundness: "A shared reference",
            source: "target_tpg_enable, target_tpg_disable",
        },
    },
    OpSpec {
        name: "fabric_drop_tpg",
        kind: Some(MethodKind::Drop(Object::Tpg)),
        purpose: "Stops a portal group for rmdir: it ends the sessions and drops the handles of the group. The group is unregistered next, and its data are dropped.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs locks of `rmdir`",
            concurrent: "Sessions, and threads that hold the TPG",
            lifetime: "TPG: kept until its last handle and session are dropped, which the layer waits for after the op",
            soundness: "No login succeeds after the op has begun. Only handles and sessions refer to the TPG",
            source: "target_fabric_tpg_release, core_tpg_deregister",
        },
    },
    OpSpec {
        name: "fabric_post_link",
        kind: Some(MethodKind::Call(Return::Errno)),
        purpose: "Called after a backstore was linked to a LUN, which accepts commands already. Target core ignores an error.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs locks of the LUN",
            concurrent: "Commands to the LUN",
            lifetime: "LUN and TPG: held by the link",
            soundness: "Shared references",
            source: "target_fabric_port_link",
        },
    },
    OpSpec {
        name: "fabric_pre_unlink",
        kind: Some(MethodKind::Call(Return::Void)),
        purpose: "Called before a backstore is unlinked; commands to the LUN may still be active.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs locks of the LUN",
            concurrent: "Commands to the LUN",
            lifetime: "LUN: kept until `fabric_post_unlink`",
            soundness: "Shared references",
            source: "target_fabric_port_unlink",
        },
    },
    OpSpec {
        name: "fabric_post_unlink",
        kind: Some(MethodKind::Call(Return::Void)),
        purpose: "Called after a backstore was unlinked; no command to the LUN is active any more.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs locks of the LUN",
            concurrent: "No other op of the LUN",
            lifetime: "LUN: kept until the op returns",
            soundness: "Shared references; the layer does not read the LUN's device",
            source: "target_fabric_port_unlink",
        },
    },
    OpSpec {
        name: "fabric_make_np",
        kind: Some(MethodKind::Make(Object::Np)),
        purpose: "Makes a network portal for `mkdir …/np/$PORTAL`. Target core reports every error as EINVAL.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs locks of `mkdir`",
            concurrent: "No other `mkdir` there",
            lifetime: "TPG: pinned by configfs. Portal: until `fabric_drop_np`",
            soundness: "By value: the layer allocates the portal",
            source: "target_fabric_make_np",
        },
    },
    OpSpec {
        name: "fabric_drop_np",
        kind: Some(MethodKind::Drop(Object::Np)),
        purpose: "Stops a network portal for rmdir; its data are dropped next.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs locks of `rmdir`",
            concurrent: "Portals of other TPGs",
            lifetime: "Portal: kept until the op returns",
            soundness: "A shared reference; the layer frees the portal after the op",
            source: "target_fabric_np_base_release",
        },
    },
    OpSpec {
        name: "fabric_init_nodeacl",
        kind: Some(MethodKind::InitNodeAcl),
        purpose: "Accepts or refuses a node ACL for `mkdir …/acls/$INITIATOR`. The node ACL may be one of demo mode, and a session may use it already.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs locks of `mkdir`",
            concurrent: "Logins with the node ACL, and their commands",
            lifetime: "Node ACL: kept until its directory is removed. Name: during the op",
            soundness: "A shared reference. If the op fails, the layer frees the name that target core leaks",
            source: "target_fabric_make_nodeacl",
        },
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn op_has_one_row() {
        for (index, row) in OP_SPECS.iter().enumerate() {
            assert!(OP_SPECS[..index].iter().all(|other| other.name != row.name));
        }
    }
}
