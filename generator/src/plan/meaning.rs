// SPDX-License-Identifier: GPL-2.0-only

//! What each op means: what the header's types cannot say.
//!
//! The header has the signature of an op. Whether its `int` is a truth value or an errno, and
//! how target core calls it, is here. An op without a row still generates, as a slot that
//! stays empty.

use super::wrapper::Wrapper;

/// How an op maps to a safe method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Its arguments are passed on, and its result is of this kind.
    Call(Return),
    /// Makes an object; the method returns the initializer of the driver's part.
    Make(Object),
    /// Drops an object.
    Drop(Object),
    /// `fabric_init_nodeacl`: says whether a node ACL may be.
    Init,
    /// `sess_get_initiator_sid`: fills a buffer.
    InitiatorSid,
    /// Grants the driver a right to a command.
    Grant(Right),
    /// `aborted_task`: target core takes the driver's reference next.
    Abort,
    /// `close_session`: the session may end from then on.
    Close,
    /// `fabric_enable_tpg`: opens or closes a portal group to logins.
    Enable,
}

/// A right that target core grants the driver with a call, each a type of the layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// The memory of a command that nobody uses any more.
    Memory,
    /// To have a write executed, once.
    Pending,
    /// To respond to a command.
    Response,
    /// To respond to a task management function.
    TmrResponse,
}

/// What the result of an op means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// Nothing.
    Nothing,
    /// An `int` that is a truth value.
    Truth,
    /// An `int` that is 0 or a negative errno.
    Errno,
    /// A number, as it is.
    Number,
    /// A text that lives as long as the first argument.
    Text,
}

/// An object that an op makes or drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// `struct se_wwn`.
    Wwn,
    /// `struct se_portal_group`.
    Tpg,
    /// `struct se_tpg_np`.
    Np,
}

impl Object {
    /// Its wrapper, whose name is also that of the driver's type for it.
    #[must_use]
    pub fn wrapper(self) -> Wrapper {
        match self {
            Self::Wwn => Wrapper::Wwn,
            Self::Tpg => Wrapper::Tpg,
            Self::Np => Wrapper::Np,
        }
    }
}

/// In which context target core calls an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Process context: it may sleep.
    Process,
    /// Process context with a spinlock held, or in a read-side critical section of RCU.
    Atomic,
    /// That of a completion: process context, or the backstore's where completion is direct.
    Completion,
    /// Any.
    Any,
}

impl Context {
    /// A sentence for the author.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Process => "Called in process context.",
            Self::Atomic => {
                "Called in process context, but under a spinlock or RCU's read lock: do not sleep."
            }
            Self::Completion => {
                "Called in process context or, where completion is direct, in the backstore's, which \
                 may be a hard interrupt: do not sleep then."
            }
            Self::Any => "Called in any context: do not sleep.",
        }
    }

    /// A word for the table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Atomic => "process, no sleep",
            Self::Completion => "completion",
            Self::Any => "any",
        }
    }
}

/// How target core calls an op, and why safe code cannot misuse what it gets: a row of the table
/// that reviewers read.
#[derive(Debug)]
pub struct Calls {
    /// In which context.
    pub context: Context,
    /// Under which locks.
    pub locks: &'static str,
    /// What may run at the same time.
    pub alongside: &'static str,
    /// How long what it gets lives, and what keeps it.
    pub lives: &'static str,
    /// Why safe code cannot misuse it.
    pub safe: &'static str,
    /// The C functions in `drivers/target` that show it.
    pub source: &'static str,
}

/// What is known of one op.
#[derive(Debug)]
pub struct Meaning {
    /// The op's name in the struct.
    pub name: &'static str,
    /// How it maps to a method; of `check_stop_free`, which the layer answers by itself, nothing.
    pub shape: Option<Shape>,
    /// What it does, in a sentence or two.
    pub does: &'static str,
    /// How it is called.
    pub calls: Calls,
}

impl Meaning {
    /// What it does, and in which context.
    #[must_use]
    pub fn documentation(&self) -> String {
        format!("{} {}", self.does, self.calls.context.sentence())
    }
}

/// The table of how each op is called, as Markdown.
#[must_use]
pub fn soundness_table() -> String {
    let mut table = String::from(
        "| op | context | locks held | may run at the same time | what lives how long | why safe code \
         cannot misuse it | C source |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for Meaning { name, calls, .. } in MEANINGS {
        let source: Vec<_> = calls
            .source
            .split(", ")
            .map(|function| format!("`{function}`"))
            .collect();
        let cells = [
            format!("`{name}`"),
            calls.context.word().to_owned(),
            calls.locks.to_owned(),
            calls.alongside.to_owned(),
            calls.lives.to_owned(),
            calls.safe.to_owned(),
            source.join(", "),
        ];
        table += &format!("| {} |\n", cells.join(" | "));
    }
    table
}

/// What is known of the op `name`.
#[must_use]
pub(super) fn meaning(name: &str) -> Option<&'static Meaning> {
    MEANINGS.iter().find(|meaning| meaning.name == name)
}

/// The names of the ops that this version knows.
pub fn ops() -> impl Iterator<Item = &'static str> {
    MEANINGS.iter().map(|meaning| meaning.name)
}

/// The context that the method of an op is called in; `init` is the only method that is no op.
#[must_use]
pub fn context(op: &str) -> Option<Context> {
    match op {
        "init" => Some(Context::Process),
        _ => meaning(op).map(|meaning| meaning.calls.context),
    }
}

/// Every op, in the order of the Linux 7.3 header.
static MEANINGS: &[Meaning] = &[
    Meaning {
        name: "tpg_get_wwn",
        shape: Some(Shape::Call(Return::Text)),
        does: "Returns the name of the target port.",
        calls: Calls {
            context: Context::Atomic,
            locks: "Up to spinlocks of the device's reservations, of ALUA groups, or RCU; `tpg_lun_mutex`",
            alongside: "Every other op, `fabric_make_tpg` and `fabric_drop_tpg` of the same group included",
            lives: "The group by its directory; the text as long as the group, since it is borrowed of it",
            safe: "The text ends with NUL by its type. One of more than 223 bytes is given as an empty one: C prints it twice into 1,024",
            source: "spc_emulate_evpd_83, core_scsi3_update_aptpl_buf",
        },
    },
    Meaning {
        name: "tpg_get_tag",
        shape: Some(Shape::Call(Return::Number)),
        does: "Returns the tag of the portal group.",
        calls: Calls {
            context: Context::Atomic,
            locks: "As `tpg_get_wwn`; `acl_node_mutex`",
            alongside: "Every other op",
            lives: "The group by its directory",
            safe: "A number",
            source: "target_stat_auth_port_show, core_scsi3_update_aptpl_buf",
        },
    },
    Meaning {
        name: "tpg_get_default_depth",
        shape: Some(Shape::Call(Return::Number)),
        does: "Returns the queue depth of a node ACL to be made.",
        calls: Calls {
            context: Context::Process,
            locks: "configfs' for `mkdir acls/X`; the group's login lock for a login",
            alongside: "Logins, another `mkdir`",
            lives: "The group by its directory, or by the login's handle",
            safe: "A number; target core takes 0 for 1",
            source: "target_alloc_node_acl",
        },
    },
    Meaning {
        name: "tpg_check_demo_mode",
        shape: Some(Shape::Call(Return::Truth)),
        does: "Whether initiators without a node ACL may log in.",
        calls: Calls {
            context: Context::Process,
            locks: "The group's login lock, or configfs' for a link",
            alongside: "Every other op",
            lives: "The group by its directory, or by the login's handle",
            safe: "A truth value",
            source: "core_tpg_check_initiator_node_acl, core_dev_add_lun",
        },
    },
    Meaning {
        name: "tpg_check_demo_mode_cache",
        shape: Some(Shape::Call(Return::Truth)),
        does: "Whether the node ACL of demo mode outlives its session. Called when a session ends.",
        calls: Calls {
            context: Context::Process,
            locks: "`acl_node_mutex`, and the group's login lock",
            alongside: "Commands of other sessions",
            lives: "The group by the session's login, which `Nexus` holds",
            safe: "A truth value. Whoever logs in or out here waits for itself: a hang, documented at `Nexus::new`",
            source: "transport_free_session",
        },
    },
    Meaning {
        name: "tpg_check_demo_mode_write_protect",
        shape: Some(Shape::Call(Return::Truth)),
        does: "Whether LUNs are read-only in demo mode.",
        calls: Calls {
            context: Context::Process,
            locks: "`tpg_lun_mutex`, and `acl_node_mutex` for a link",
            alongside: "Every other op",
            lives: "The group by its directory, or by the login's handle",
            safe: "A truth value",
            source: "core_tpg_add_node_to_devs",
        },
    },
    Meaning {
        name: "tpg_check_prod_mode_write_protect",
        shape: Some(Shape::Call(Return::Truth)),
        does: "Whether the LUNs of a node ACL are read-only at first.",
        calls: Calls {
            context: Context::Atomic,
            locks: "RCU's read side",
            alongside: "Every other op",
            lives: "The group by the link's target",
            safe: "A truth value",
            source: "target_fabric_mappedlun_link",
        },
    },
    Meaning {
        name: "tpg_check_demo_mode_login_only",
        shape: Some(Shape::Call(Return::Truth)),
        does: "Whether demo mode shows no LUNs.",
        calls: Calls {
            context: Context::Process,
            locks: "`acl_node_mutex` for a link",
            alongside: "Every other op",
            lives: "The group by its directory, or by the login's handle",
            safe: "A truth value: 0 or 1, as target core compares it",
            source: "core_tpg_check_initiator_node_acl, core_dev_add_lun",
        },
    },
    Meaning {
        name: "tpg_check_prot_fabric_only",
        shape: Some(Shape::Call(Return::Number)),
        does: "Returns the type of protection information, `enum target_prot_type`, that the fabric offers where the backstore has none. Called when a session is made.",
        calls: Calls {
            context: Context::Atomic,
            locks: "`session_lock`, interrupts off",
            alongside: "Commands of other sessions",
            lives: "The group by the login's handle",
            safe: "A number",
            source: "__transport_register_session",
        },
    },
    Meaning {
        name: "tpg_get_inst_index",
        shape: Some(Shape::Call(Return::Number)),
        does: "Returns the SNMP index of the portal group.",
        calls: Calls {
            context: Context::Atomic,
            locks: "RCU's read side",
            alongside: "Every other op",
            lives: "The group by the directory of a LUN",
            safe: "A number",
            source: "target_stat_transport_indx_show",
        },
    },
    Meaning {
        name: "check_stop_free",
        shape: None,
        does: "Drops target core's reference to a task that is complete.",
        calls: Calls {
            context: Context::Any,
            locks: "None of target core's",
            alongside: "Nothing more for the command",
            lives: "The command by the reference that is dropped",
            safe: "The layer does it: there is no method. A driver that keeps a response has a reference of its own",
            source: "transport_cmd_check_stop_to_fabric",
        },
    },
    Meaning {
        name: "release_cmd",
        shape: Some(Shape::Grant(Right::Memory)),
        does: "Takes the memory of a command back: its last reference is gone.",
        calls: Calls {
            context: Context::Any,
            locks: "Those of whoever drops the last reference",
            alongside: "Nothing more for the command",
            lives: "The memory is the driver's again; target core counts the session's commands down after the op, so `Nexus` waits for a grace period, too",
            safe: "By value: the driver's data are dropped before, the type of the memory is that of the submission",
            source: "target_release_cmd_kref",
        },
    },
    Meaning {
        name: "close_session",
        shape: Some(Shape::Close),
        does: "Asks for a session to be ended whose node ACL goes away, or changes.",
        calls: Calls {
            context: Context::Process,
            locks: "configfs' of the node ACL",
            alongside: "The end of the same session, and `Nexus::new`, which may not have returned",
            lives: "Nothing holds the session. `Nexus`'s drop sees that it was taken off the list of its node ACL, and waits until this op has a count of `Login`",
            safe: "`Login` has the portal group and the driver's data, not the session. `Session::is_close_requested` is set before",
            source: "target_shutdown_sessions, transport_deregister_session_configfs",
        },
    },
    Meaning {
        name: "sess_get_index",
        shape: Some(Shape::Call(Return::Number)),
        does: "Returns the SNMP index of a session.",
        calls: Calls {
            context: Context::Atomic,
            locks: "`nacl_sess_lock`, interrupts off",
            alongside: "Every other op of the session, before `Nexus::new` returns included",
            lives: "The session by `nacl_sess_lock`: its end takes it",
            safe: "A number",
            source: "target_stat_iport_indx_show",
        },
    },
    Meaning {
        name: "sess_get_initiator_sid",
        shape: Some(Shape::InitiatorSid),
        does: "Fills in the initiator session identifier and returns its length, for protocols whose TransportIDs have one.",
        calls: Calls {
            context: Context::Atomic,
            locks: "`session_lock` or `nacl_sess_lock`, interrupts off; none for a reservation",
            alongside: "Itself, and every other op of the session",
            lives: "The session as for `sess_get_index`, or by a command; the buffer is on the caller's stack, zeroed",
            safe: "The driver gets all but the last byte, and the layer ends the text with NUL",
            source: "core_scsi3_locate_pr_reg, __transport_register_session",
        },
    },
    Meaning {
        name: "write_pending",
        shape: Some(Shape::Grant(Right::Pending)),
        does: "Fetches the data of a write from the initiator, then has the command executed. Returns at once: other commands of the device, and an abort of this one, may wait for the op.",
        calls: Calls {
            context: Context::Process,
            locks: "None; the device's submission work, which an abort waits for",
            alongside: "An abort of the command",
            lives: "The command until it is executed or fails: target core waits for one of them",
            safe: "`Pending` is used up by either, and dropping it fails the command. It cannot be given back: target core loses an aborted command that is",
            source: "transport_generic_new_cmd, transport_write_pending_qf",
        },
    },
    Meaning {
        name: "set_default_node_attributes",
        shape: Some(Shape::Call(Return::Nothing)),
        does: "Sets the attributes of a node ACL that has just been made, in demo mode too.",
        calls: Calls {
            context: Context::Process,
            locks: "As `tpg_get_default_depth`",
            alongside: "Nothing for the list: nobody sees it yet",
            lives: "The list until its directory, or its last session, is gone",
            safe: "The data are all zero, and valid so (`Zeroable`); they change by atomics, or under the group's lock",
            source: "target_alloc_node_acl",
        },
    },
    Meaning {
        name: "get_cmd_state",
        shape: Some(Shape::Call(Return::Number)),
        does: "Returns the driver's state of a command, for messages.",
        calls: Calls {
            context: Context::Any,
            locks: "`t_state_lock`, interrupts off",
            alongside: "Every op of the command",
            lives: "The command by a reference of the caller's",
            safe: "A number",
            source: "target_show_cmd, __transport_wait_for_tasks",
        },
    },
    Meaning {
        name: "queue_data_in",
        shape: Some(Shape::Grant(Right::Response)),
        does: "Sends the data of a read, and the status, to the initiator. A response that is given back comes again, at once and as often as it is given back. Give it back where memory is short, and not in an interrupt.",
        calls: Calls {
            context: Context::Completion,
            locks: "None of target core's; of TCMU, a mutex; with direct completion, those of the backstore",
            alongside: "Other commands of the session",
            lives: "The command until the op returns, by target core's reference",
            safe: "`Response` ends with the op, is given back as itself alone, or is kept with a reference. Status, sense data and payload do not change any more",
            source: "target_complete_ok_work, transport_complete_qf",
        },
    },
    Meaning {
        name: "queue_status",
        shape: Some(Shape::Grant(Right::Response)),
        does: "Sends the status of a command, with sense data if any, to the initiator. As `queue_data_in`; but the response to a command that is refused in its submission does not come again.",
        calls: Calls {
            context: Context::Completion,
            locks: "As `queue_data_in`",
            alongside: "As `queue_data_in`; it may run in `Session::submit`, `Pending::execute` and `Pending`'s drop",
            lives: "As `queue_data_in`",
            safe: "As `queue_data_in`",
            source: "transport_generic_request_failure, target_submit_prep, target_handle_abort",
        },
    },
    Meaning {
        name: "queue_tm_rsp",
        shape: Some(Shape::Grant(Right::TmrResponse)),
        does: "Sends the response to a task management function.",
        calls: Calls {
            context: Context::Process,
            locks: "None",
            alongside: "Commands; a reset that marks the function as aborted",
            lives: "The function until the op returns",
            safe: "By value: the code, and the driver's data, which are taken out once",
            source: "target_tmr_work, target_complete_tmr_failure",
        },
    },
    Meaning {
        name: "aborted_task",
        shape: Some(Shape::Abort),
        does: "Forgets what the wire still holds of a task that was aborted without a response.",
        calls: Calls {
            context: Context::Any,
            locks: "None",
            alongside: "Nothing more for the task",
            lives: "The task until the op returns",
            safe: "Target core drops the driver's reference next (`TARGET_SCF_ACK_KREF`), whether it has been dropped or not: the layer adds one for it",
            source: "target_handle_abort",
        },
    },
    Meaning {
        name: "fabric_make_wwn",
        shape: Some(Shape::Make(Object::Wwn)),
        does: "Makes a target port for `mkdir target/$FABRIC/$WWN`. Target core shows every error as EINVAL.",
        calls: Calls {
            context: Context::Process,
            locks: "configfs' for `mkdir`",
            alongside: "Nothing that makes a directory",
            lives: "The name during the op; the port until `fabric_drop_wwn`",
            safe: "An initializer: the layer allocates the port, zeroed, with the data behind it",
            source: "target_fabric_make_wwn",
        },
    },
    Meaning {
        name: "fabric_drop_wwn",
        shape: Some(Shape::Drop(Object::Wwn)),
        does: "Stops a target port for rmdir; its data is dropped next. No portal group is left.",
        calls: Calls {
            context: Context::Process,
            locks: "configfs' for `rmdir`",
            alongside: "Nothing of the port",
            lives: "The port until the op returns",
            safe: "A shared reference; the layer frees the port after the op",
            source: "target_fabric_release_wwn",
        },
    },
    Meaning {
        name: "add_wwn_groups",
        shape: Some(Shape::Call(Return::Nothing)),
        does: "Adds config groups to a target port that has just been made.",
        calls: Calls {
            context: Context::Process,
            locks: "configfs' for `mkdir`",
            alongside: "Nothing of the port",
            lives: "The port until `fabric_drop_wwn`",
            safe: "A shared reference",
            source: "target_fabric_make_wwn",
        },
    },
    Meaning {
        name: "fabric_make_tpg",
        shape: Some(Shape::Make(Object::Tpg)),
        does: "Makes a portal group for `mkdir target/$FABRIC/$WWN/tpgt_$TAG`. Target core shows every error as EINVAL.",
        calls: Calls {
            context: Context::Process,
            locks: "configfs' for `mkdir`",
            alongside: "Nothing that makes a directory",
            lives: "The port by its directory; the group until `fabric_drop_tpg`",
            safe: "An initializer: the layer registers the group when it is whole",
            source: "target_fabric_make_tpg, core_tpg_register",
        },
    },
    Meaning {
        name: "fabric_enable_tpg",
        shape: Some(Shape::Enable),
        does: "Opens or closes a portal group to initiators, through its attribute `enable`. The layer refuses logins while it is closed. Closing should not fail: target core has given the RTPI back by then.",
        calls: Calls {
            context: Context::Process,
            locks: "configfs' of the attribute",
            alongside: "Logins, commands, links; itself, if two write the attribute at once",
            lives: "The group by its directory",
            safe: "A shared reference",
            source: "target_tpg_enable, target_tpg_disable",
        },
    },
    Meaning {
        name: "fabric_drop_tpg",
        shape: Some(Shape::Drop(Object::Tpg)),
        does: "Stops a portal group for rmdir: it ends the sessions, and drops what holds the group. The group is then taken from target core, and its data dropped.",
        calls: Calls {
            context: Context::Process,
            locks: "configfs' for `rmdir`",
            alongside: "Sessions, and threads that hold the group",
            lives: "The group until its last handle and session are gone: the layer waits after the op",
            safe: "No login succeeds from before the op on. Nobody has the group but by a handle or a session",
            source: "target_fabric_tpg_release, core_tpg_deregister",
        },
    },
    Meaning {
        name: "fabric_post_link",
        shape: Some(Shape::Call(Return::Errno)),
        does: "Follows the link of a backstore to a LUN, which takes commands by then. Target core ignores an error.",
        calls: Calls {
            context: Context::Process,
            locks: "configfs' of the LUN",
            alongside: "Commands to the LUN",
            lives: "The LUN and the group by the link",
            safe: "Shared references",
            source: "target_fabric_port_link",
        },
    },
    Meaning {
        name: "fabric_pre_unlink",
        shape: Some(Shape::Call(Return::Nothing)),
        does: "Precedes the unlinking of a backstore; commands to the LUN may still be active.",
        calls: Calls {
            context: Context::Process,
            locks: "configfs' of the LUN",
            alongside: "Commands to the LUN",
            lives: "The LUN until `fabric_post_unlink`",
            safe: "Shared references",
            source: "target_fabric_port_unlink",
        },
    },
    Meaning {
        name: "fabric_post_unlink",
        shape: Some(Shape::Call(Return::Nothing)),
        does: "Follows the unlinking of a backstore; no command to the LUN is active any more.",
        calls: Calls {
            context: Context::Process,
            locks: "configfs' of the LUN",
            alongside: "Nothing of the LUN",
            lives: "The LUN until the op returns",
            safe: "Shared references; the layer does not read the LUN's device",
            source: "target_fabric_port_unlink",
        },
    },
    Meaning {
        name: "fabric_make_np",
        shape: Some(Shape::Make(Object::Np)),
        does: "Makes a network portal for `mkdir …/np/$PORTAL`. Target core shows every error as EINVAL.",
        calls: Calls {
            context: Context::Process,
            locks: "configfs' for `mkdir`",
            alongside: "Nothing that makes a directory",
            lives: "The group by its directory; the portal until `fabric_drop_np`",
            safe: "By value: the layer allocates the portal",
            source: "target_fabric_make_np",
        },
    },
    Meaning {
        name: "fabric_drop_np",
        shape: Some(Shape::Drop(Object::Np)),
        does: "Stops a network portal for rmdir; its data is dropped next.",
        calls: Calls {
            context: Context::Process,
            locks: "configfs' for `rmdir`",
            alongside: "Portals of other groups",
            lives: "The portal until the op returns",
            safe: "A shared reference; the layer frees the portal after the op",
            source: "target_fabric_np_base_release",
        },
    },
    Meaning {
        name: "fabric_init_nodeacl",
        shape: Some(Shape::Init),
        does: "Follows `mkdir …/acls/$INITIATOR`; an error undoes it. The node ACL may be one that demo mode made, and a session may use it already.",
        calls: Calls {
            context: Context::Process,
            locks: "configfs' for `mkdir`",
            alongside: "Logins with the list, and their commands",
            lives: "The list until its directory is gone; the name during the op",
            safe: "A shared reference. Where the op fails, the layer frees the name that target core forgets",
            source: "target_fabric_make_nodeacl",
        },
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_op_has_one_row() {
        for (index, row) in MEANINGS.iter().enumerate() {
            assert!(MEANINGS[..index].iter().all(|other| other.name != row.name));
        }
    }
}
