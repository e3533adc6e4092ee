// SPDX-License-Identifier: GPL-2.0-only

//! The table of ops: a specification for each op of the Linux 7.3 header.
//!
//! An op without a row is an empty slot of the generated vtable.

use super::op_spec::{CallContract, CmdHandle, Context, MethodKind, Object, OpSpec, Return};

/// Formats the conditions of each op's calls as a Markdown table, for reviewers.
#[must_use]
pub fn soundness_table() -> String {
    let mut table = String::from(
        "| op | context | locks held | may run at the same time | what lives how long | why safe code \
         cannot misuse it | C source |\n| --- | --- | --- | --- | --- | --- | --- |\n",
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
            concurrent: "Every other op, `fabric_make_tpg` and `fabric_drop_tpg` of the same group included",
            lifetime: "The group by its directory; the text as long as the group, since it is borrowed of it",
            soundness: "The text ends with NUL by its type. One of more than 223 bytes is given as an empty one: C prints it twice into 1,024",
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
            lifetime: "The group by its directory",
            soundness: "A number",
            source: "target_stat_auth_port_show, core_scsi3_update_aptpl_buf",
        },
    },
    OpSpec {
        name: "tpg_get_default_depth",
        kind: Some(MethodKind::Call(Return::Number)),
        purpose: "Returns the queue depth of a node ACL to be made.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs' for `mkdir acls/X`; the group's login lock for a login",
            concurrent: "Logins, another `mkdir`",
            lifetime: "The group by its directory, or by the login's handle",
            soundness: "A number; target core takes 0 for 1",
            source: "target_alloc_node_acl",
        },
    },
    OpSpec {
        name: "tpg_check_demo_mode",
        kind: Some(MethodKind::Call(Return::Bool)),
        purpose: "Whether initiators without a node ACL may log in.",
        calls: CallContract {
            context: Context::Process,
            locks: "The group's login lock, or configfs' for a link",
            concurrent: "Every other op",
            lifetime: "The group by its directory, or by the login's handle",
            soundness: "A truth value",
            source: "core_tpg_check_initiator_node_acl, core_dev_add_lun",
        },
    },
    OpSpec {
        name: "tpg_check_demo_mode_cache",
        kind: Some(MethodKind::Call(Return::Bool)),
        purpose: "Whether the node ACL of demo mode outlives its session. Called when a session ends.",
        calls: CallContract {
            context: Context::Process,
            locks: "`acl_node_mutex`, and the group's login lock",
            concurrent: "Commands of other sessions",
            lifetime: "The group by the session's login, which `Nexus` holds",
            soundness: "A truth value. Whoever logs in or out here waits for itself: a hang, documented at `Nexus::new`",
            source: "transport_free_session",
        },
    },
    OpSpec {
        name: "tpg_check_demo_mode_write_protect",
        kind: Some(MethodKind::Call(Return::Bool)),
        purpose: "Whether LUNs are read-only in demo mode.",
        calls: CallContract {
            context: Context::Process,
            locks: "`tpg_lun_mutex`, and `acl_node_mutex` for a link",
            concurrent: "Every other op",
            lifetime: "The group by its directory, or by the login's handle",
            soundness: "A truth value",
            source: "core_tpg_add_node_to_devs",
        },
    },
    OpSpec {
        name: "tpg_check_prod_mode_write_protect",
        kind: Some(MethodKind::Call(Return::Bool)),
        purpose: "Whether the LUNs of a node ACL are read-only at first.",
        calls: CallContract {
            context: Context::Atomic,
            locks: "RCU's read side",
            concurrent: "Every other op",
            lifetime: "The group by the link's target",
            soundness: "A truth value",
            source: "target_fabric_mappedlun_link",
        },
    },
    OpSpec {
        name: "tpg_check_demo_mode_login_only",
        kind: Some(MethodKind::Call(Return::Bool)),
        purpose: "Whether demo mode shows no LUNs.",
        calls: CallContract {
            context: Context::Process,
            locks: "`acl_node_mutex` for a link",
            concurrent: "Every other op",
            lifetime: "The group by its directory, or by the login's handle",
            soundness: "A truth value: 0 or 1, as target core compares it",
            source: "core_tpg_check_initiator_node_acl, core_dev_add_lun",
        },
    },
    OpSpec {
        name: "tpg_check_prot_fabric_only",
        kind: Some(MethodKind::Call(Return::Number)),
        purpose: "Returns the type of protection information, `enum target_prot_type`, that the fabric offers where the backstore has none. Called when a session is made.",
        calls: CallContract {
            context: Context::Atomic,
            locks: "`session_lock`, interrupts off",
            concurrent: "Commands of other sessions",
            lifetime: "The group by the login's handle",
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
            lifetime: "The group by the directory of a LUN",
            soundness: "A number",
            source: "target_stat_transport_indx_show",
        },
    },
    OpSpec {
        name: "check_stop_free",
        kind: None,
        purpose: "Drops target core's reference to a task that is complete.",
        calls: CallContract {
            context: Context::Any,
            locks: "None of target core's",
            concurrent: "Nothing more for the command",
            lifetime: "The command by the reference that is dropped",
            soundness: "The layer does it: there is no method. A driver that keeps a response has a reference of its own",
            source: "transport_cmd_check_stop_to_fabric",
        },
    },
    OpSpec {
        name: "release_cmd",
        kind: Some(MethodKind::HandOver(CmdHandle::Memory)),
        purpose: "Takes the memory of a command back: its last reference is gone.",
        calls: CallContract {
            context: Context::Any,
            locks: "Those of whoever drops the last reference",
            concurrent: "Nothing more for the command",
            lifetime: "The memory is the driver's again; target core counts the session's commands down after the op, so `Nexus` waits for a grace period, too",
            soundness: "By value: the driver's data are dropped before, the type of the memory is that of the submission",
            source: "target_release_cmd_kref",
        },
    },
    OpSpec {
        name: "close_session",
        kind: Some(MethodKind::CloseSession),
        purpose: "Asks for a session to be ended whose node ACL goes away, or changes.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs' of the node ACL",
            concurrent: "The end of the same session, and `Nexus::new`, which may not have returned",
            lifetime: "Nothing holds the session. `Nexus`'s drop sees that it was taken off the list of its node ACL, and waits until this op has a count of `Login`",
            soundness: "`Login` has the portal group and the driver's data, not the session. `Session::is_close_requested` is set before",
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
            concurrent: "Every other op of the session, before `Nexus::new` returns included",
            lifetime: "The session by `nacl_sess_lock`: its end takes it",
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
            concurrent: "Itself, and every other op of the session",
            lifetime: "The session as for `sess_get_index`, or by a command; the buffer is on the caller's stack, zeroed",
            soundness: "The driver gets all but the last byte, and the layer ends the text with NUL",
            source: "core_scsi3_locate_pr_reg, __transport_register_session",
        },
    },
    OpSpec {
        name: "write_pending",
        kind: Some(MethodKind::HandOver(CmdHandle::Pending)),
        purpose: "Fetches the data of a write from the initiator, then has the command executed. Returns at once: other commands of the device, and an abort of this one, may wait for the op.",
        calls: CallContract {
            context: Context::Process,
            locks: "None; the device's submission work, which an abort waits for",
            concurrent: "An abort of the command",
            lifetime: "The command until it is executed or fails: target core waits for one of them",
            soundness: "`Pending` is used up by either, and dropping it fails the command. It cannot be given back: target core loses an aborted command that is",
            source: "transport_generic_new_cmd, transport_write_pending_qf",
        },
    },
    OpSpec {
        name: "set_default_node_attributes",
        kind: Some(MethodKind::Call(Return::Void)),
        purpose: "Sets the attributes of a node ACL that has just been made, in demo mode too.",
        calls: CallContract {
            context: Context::Process,
            locks: "As `tpg_get_default_depth`",
            concurrent: "Nothing for the list: nobody sees it yet",
            lifetime: "The list until its directory, or its last session, is gone",
            soundness: "The data are all zero, and valid so (`Zeroable`); they change by atomics, or under the group's lock",
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
            lifetime: "The command by a reference of the caller's",
            soundness: "A number",
            source: "target_show_cmd, __transport_wait_for_tasks",
        },
    },
    OpSpec {
        name: "queue_data_in",
        kind: Some(MethodKind::HandOver(CmdHandle::Response)),
        purpose: "Sends the data of a read, and the status, to the initiator. A response that is given back comes again, at once and as often as it is given back. Give it back where memory is short, and not in an interrupt.",
        calls: CallContract {
            context: Context::Completion,
            locks: "None of target core's; of TCMU, a mutex; with direct completion, those of the backstore",
            concurrent: "Other commands of the session",
            lifetime: "The command until the op returns, by target core's reference",
            soundness: "`Response` ends with the op, is given back as itself alone, or is kept with a reference. Status, sense data and payload do not change any more",
            source: "target_complete_ok_work, transport_complete_qf",
        },
    },
    OpSpec {
        name: "queue_status",
        kind: Some(MethodKind::HandOver(CmdHandle::Response)),
        purpose: "Sends the status of a command, with sense data if any, to the initiator. As `queue_data_in`; but the response to a command that is refused in its submission does not come again.",
        calls: CallContract {
            context: Context::Completion,
            locks: "As `queue_data_in`",
            concurrent: "As `queue_data_in`; it may run in `Session::submit`, `Pending::execute` and `Pending`'s drop",
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
            concurrent: "Commands; a reset that marks the function as aborted",
            lifetime: "The function until the op returns",
            soundness: "By value: the code, and the driver's data, which are taken out once",
            source: "target_tmr_work, target_complete_tmr_failure",
        },
    },
    OpSpec {
        name: "aborted_task",
        kind: Some(MethodKind::AbortTask),
        purpose: "Forgets what the wire still holds of a task that was aborted without a response.",
        calls: CallContract {
            context: Context::Any,
            locks: "None",
            concurrent: "Nothing more for the task",
            lifetime: "The task until the op returns",
            soundness: "Target core drops the driver's reference next (`TARGET_SCF_ACK_KREF`), whether it has been dropped or not: the layer adds one for it",
            source: "target_handle_abort",
        },
    },
    OpSpec {
        name: "fabric_make_wwn",
        kind: Some(MethodKind::Make(Object::Wwn)),
        purpose: "Makes a target port for `mkdir target/$FABRIC/$WWN`. Target core shows every error as EINVAL.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs' for `mkdir`",
            concurrent: "Nothing that makes a directory",
            lifetime: "The name during the op; the port until `fabric_drop_wwn`",
            soundness: "An initializer: the layer allocates the port, zeroed, with the data behind it",
            source: "target_fabric_make_wwn",
        },
    },
    OpSpec {
        name: "fabric_drop_wwn",
        kind: Some(MethodKind::Drop(Object::Wwn)),
        purpose: "Stops a target port for rmdir; its data is dropped next. No portal group is left.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs' for `rmdir`",
            concurrent: "Nothing of the port",
            lifetime: "The port until the op returns",
            soundness: "A shared reference; the layer frees the port after the op",
            source: "target_fabric_release_wwn",
        },
    },
    OpSpec {
        name: "add_wwn_groups",
        kind: Some(MethodKind::Call(Return::Void)),
        purpose: "Adds config groups to a target port that has just been made.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs' for `mkdir`",
            concurrent: "Nothing of the port",
            lifetime: "The port until `fabric_drop_wwn`",
            soundness: "A shared reference",
            source: "target_fabric_make_wwn",
        },
    },
    OpSpec {
        name: "fabric_make_tpg",
        kind: Some(MethodKind::Make(Object::Tpg)),
        purpose: "Makes a portal group for `mkdir target/$FABRIC/$WWN/tpgt_$TAG`. Target core shows every error as EINVAL.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs' for `mkdir`",
            concurrent: "Nothing that makes a directory",
            lifetime: "The port by its directory; the group until `fabric_drop_tpg`",
            soundness: "An initializer: the layer registers the group when it is whole",
            source: "target_fabric_make_tpg, core_tpg_register",
        },
    },
    OpSpec {
        name: "fabric_enable_tpg",
        kind: Some(MethodKind::EnableTpg),
        purpose: "Opens or closes a portal group to initiators, through its attribute `enable`. The layer refuses logins while it is closed. Closing should not fail: target core has given the RTPI back by then.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs' of the attribute",
            concurrent: "Logins, commands, links; itself, if two write the attribute at once",
            lifetime: "The group by its directory",
            soundness: "A shared reference",
            source: "target_tpg_enable, target_tpg_disable",
        },
    },
    OpSpec {
        name: "fabric_drop_tpg",
        kind: Some(MethodKind::Drop(Object::Tpg)),
        purpose: "Stops a portal group for rmdir: it ends the sessions, and drops what holds the group. The group is then taken from target core, and its data dropped.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs' for `rmdir`",
            concurrent: "Sessions, and threads that hold the group",
            lifetime: "The group until its last handle and session are gone: the layer waits after the op",
            soundness: "No login succeeds from before the op on. Nobody has the group but by a handle or a session",
            source: "target_fabric_tpg_release, core_tpg_deregister",
        },
    },
    OpSpec {
        name: "fabric_post_link",
        kind: Some(MethodKind::Call(Return::Errno)),
        purpose: "Follows the link of a backstore to a LUN, which takes commands by then. Target core ignores an error.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs' of the LUN",
            concurrent: "Commands to the LUN",
            lifetime: "The LUN and the group by the link",
            soundness: "Shared references",
            source: "target_fabric_port_link",
        },
    },
    OpSpec {
        name: "fabric_pre_unlink",
        kind: Some(MethodKind::Call(Return::Void)),
        purpose: "Precedes the unlinking of a backstore; commands to the LUN may still be active.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs' of the LUN",
            concurrent: "Commands to the LUN",
            lifetime: "The LUN until `fabric_post_unlink`",
            soundness: "Shared references",
            source: "target_fabric_port_unlink",
        },
    },
    OpSpec {
        name: "fabric_post_unlink",
        kind: Some(MethodKind::Call(Return::Void)),
        purpose: "Follows the unlinking of a backstore; no command to the LUN is active any more.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs' of the LUN",
            concurrent: "Nothing of the LUN",
            lifetime: "The LUN until the op returns",
            soundness: "Shared references; the layer does not read the LUN's device",
            source: "target_fabric_port_unlink",
        },
    },
    OpSpec {
        name: "fabric_make_np",
        kind: Some(MethodKind::Make(Object::Np)),
        purpose: "Makes a network portal for `mkdir …/np/$PORTAL`. Target core shows every error as EINVAL.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs' for `mkdir`",
            concurrent: "Nothing that makes a directory",
            lifetime: "The group by its directory; the portal until `fabric_drop_np`",
            soundness: "By value: the layer allocates the portal",
            source: "target_fabric_make_np",
        },
    },
    OpSpec {
        name: "fabric_drop_np",
        kind: Some(MethodKind::Drop(Object::Np)),
        purpose: "Stops a network portal for rmdir; its data is dropped next.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs' for `rmdir`",
            concurrent: "Portals of other groups",
            lifetime: "The portal until the op returns",
            soundness: "A shared reference; the layer frees the portal after the op",
            source: "target_fabric_np_base_release",
        },
    },
    OpSpec {
        name: "fabric_init_nodeacl",
        kind: Some(MethodKind::InitNodeAcl),
        purpose: "Follows `mkdir …/acls/$INITIATOR`; an error undoes it. The node ACL may be one that demo mode made, and a session may use it already.",
        calls: CallContract {
            context: Context::Process,
            locks: "configfs' for `mkdir`",
            concurrent: "Logins with the list, and their commands",
            lifetime: "The list until its directory is gone; the name during the op",
            soundness: "A shared reference. Where the op fails, the layer frees the name that target core forgets",
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
