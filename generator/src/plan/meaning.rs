// SPDX-License-Identifier: GPL-2.0-only

//! What each op means: what the header's types cannot say.
//!
//! The header has the signature of an op. Whether its `int` is a truth value or an errno, and
//! when target core calls it, is here. An op without a row still generates, as a slot that
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
    /// `check_stop_free`: drops target core's reference. The layer does that; there is no method.
    Stop,
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

/// What is known of one op.
#[derive(Debug)]
pub struct Meaning {
    /// The op's name in the struct.
    pub name: &'static str,
    /// How it maps to a method.
    pub shape: Shape,
    /// When target core calls it, and from where: a sentence or two of documentation.
    pub called: &'static str,
}

/// What is known of the op `name`.
#[must_use]
pub(super) fn meaning(name: &str) -> Option<&'static Meaning> {
    MEANINGS.iter().find(|meaning| meaning.name == name)
}

const fn call(name: &'static str, ret: Return, called: &'static str) -> Meaning {
    Meaning {
        name,
        shape: Shape::Call(ret),
        called,
    }
}

const fn grant(name: &'static str, right: Right, called: &'static str) -> Meaning {
    Meaning {
        name,
        shape: Shape::Grant(right),
        called,
    }
}

const fn own(name: &'static str, shape: Shape, called: &'static str) -> Meaning {
    Meaning {
        name,
        shape,
        called,
    }
}

const fn make(name: &'static str, object: Object, called: &'static str) -> Meaning {
    Meaning {
        name,
        shape: Shape::Make(object),
        called,
    }
}

const fn drop(name: &'static str, object: Object, called: &'static str) -> Meaning {
    Meaning {
        name,
        shape: Shape::Drop(object),
        called,
    }
}

/// Every op that has a safe method, in the order of the Linux 7.3 header.
static MEANINGS: &[Meaning] = &[
    call(
        "tpg_get_wwn",
        Return::Text,
        "Returns the name of the target port. Called in any context, spinlocks held.",
    ),
    call(
        "tpg_get_tag",
        Return::Number,
        "Returns the tag of the portal group. Called in any context, spinlocks held.",
    ),
    call(
        "tpg_get_default_depth",
        Return::Number,
        "Returns the queue depth of a node ACL to be made. Called in process context.",
    ),
    call(
        "tpg_check_demo_mode",
        Return::Truth,
        "Whether initiators without a node ACL may log in. Called in process context.",
    ),
    call(
        "tpg_check_demo_mode_cache",
        Return::Truth,
        "Whether the node ACL of demo mode outlives its session. Called in process context, when \
         a session ends.",
    ),
    call(
        "tpg_check_demo_mode_write_protect",
        Return::Truth,
        "Whether LUNs are read-only in demo mode. Called in process context, a mutex held.",
    ),
    call(
        "tpg_check_prod_mode_write_protect",
        Return::Truth,
        "Whether the LUNs of a node ACL are read-only at first. Called in an RCU read-side \
         critical section: do not sleep.",
    ),
    call(
        "tpg_check_demo_mode_login_only",
        Return::Truth,
        "Whether demo mode shows no LUNs. Called in process context.",
    ),
    call(
        "tpg_check_prot_fabric_only",
        Return::Number,
        "Returns the type of protection information, `enum target_prot_type`, that the fabric offers \
         where the backstore has none. Called in process context, when a session is made.",
    ),
    call(
        "tpg_get_inst_index",
        Return::Number,
        "Returns the SNMP index of the portal group. Called in process context.",
    ),
    own(
        "check_stop_free",
        Shape::Stop,
        "Ends the driver's use of a command that is complete, by dropping target core's reference; \
         whether that was the last. Called in process context or, where completion is direct, in the \
         backstore's, which may be softirq.",
    ),
    grant(
        "release_cmd",
        Right::Memory,
        "Takes the memory of a command back: its last reference is gone. Called in the context of \
         whoever dropped that, softirq included.",
    ),
    own(
        "close_session",
        Shape::Close,
        "Ends a session whose node ACL goes away. Called in process context.",
    ),
    call(
        "sess_get_index",
        Return::Number,
        "Returns the SNMP index of a session. Called in process context, spinlocks held.",
    ),
    own(
        "sess_get_initiator_sid",
        Shape::InitiatorSid,
        "Fills in the initiator session identifier and returns its length, for protocols \
                 whose TransportIDs have one. Called in process context, spinlocks held.",
    ),
    grant(
        "write_pending",
        Right::Pending,
        "Fetches the data of a write from the initiator, then has the command executed. Called in \
         process context or that of the submitter. If the command is given back, target core tries \
         again.",
    ),
    call(
        "set_default_node_attributes",
        Return::Nothing,
        "Sets the attributes of a node ACL that has just been made, in demo mode too. Called in \
         process context.",
    ),
    call(
        "get_cmd_state",
        Return::Number,
        "Returns the driver's state of a command, for messages. Called in any context.",
    ),
    grant(
        "queue_data_in",
        Right::Response,
        "Sends the data of a read, and the status, to the initiator. Called in process context \
         or, where completion is direct, in the backstore's. EAGAIN and ENOMEM are tried again.",
    ),
    grant(
        "queue_status",
        Right::Response,
        "Sends the status of a command, with sense data if any, to the initiator. Called as \
         queue_data_in is.",
    ),
    grant(
        "queue_tm_rsp",
        Right::TmrResponse,
        "Sends the response to a task management function. Called in process context.",
    ),
    own(
        "aborted_task",
        Shape::Abort,
        "Forgets what the wire still holds of a task that was aborted without a response. \
                 Called in process context.",
    ),
    make(
        "fabric_make_wwn",
        Object::Wwn,
        "Makes a target port for `mkdir target/$FABRIC/$WWN`. Called in process context, configfs \
         locks held. Target core shows every error as EINVAL.",
    ),
    drop(
        "fabric_drop_wwn",
        Object::Wwn,
        "Stops a target port for rmdir; its data is dropped next. Called in process context. No \
         portal group is left.",
    ),
    call(
        "add_wwn_groups",
        Return::Nothing,
        "Adds config groups to a target port that has just been made. Called in process context.",
    ),
    make(
        "fabric_make_tpg",
        Object::Tpg,
        "Makes a portal group for `mkdir target/$FABRIC/$WWN/tpgt_$TAG`. Called in process \
         context, configfs locks held. Target core shows every error as EINVAL.",
    ),
    own(
        "fabric_enable_tpg",
        Shape::Enable,
        "Opens or closes a portal group to initiators, through its attribute `enable`. Called in \
         process context.",
    ),
    drop(
        "fabric_drop_tpg",
        Object::Tpg,
        "Stops a portal group for rmdir: no session may be left when it returns. The group is then \
         taken from target core, and its data dropped. Called in process context.",
    ),
    call(
        "fabric_post_link",
        Return::Errno,
        "Follows the link of a backstore to a LUN. Called in process context. Target core ignores \
         an error.",
    ),
    call(
        "fabric_pre_unlink",
        Return::Nothing,
        "Precedes the unlinking of a backstore; commands to the LUN may still be active. Called \
         in process context.",
    ),
    call(
        "fabric_post_unlink",
        Return::Nothing,
        "Follows the unlinking of a backstore; no command to the LUN is active any more. Called \
         in process context.",
    ),
    make(
        "fabric_make_np",
        Object::Np,
        "Makes a network portal for `mkdir …/np/$PORTAL`. Called in process context, configfs \
         locks held. Target core shows every error as EINVAL.",
    ),
    drop(
        "fabric_drop_np",
        Object::Np,
        "Stops a network portal for rmdir; its data is dropped next. Called in process context.",
    ),
    Meaning {
        name: "fabric_init_nodeacl",
        shape: Shape::Init,
        called: "Follows `mkdir …/acls/$INITIATOR`; an error undoes it. Called in process context. \
                 The node ACL may be one that demo mode made, with a session that uses it.",
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
