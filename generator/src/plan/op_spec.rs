// SPDX-License-Identifier: GPL-2.0-only

//! Specification of an op: everything that the C type does not express.
//!
//! The header has the signature of an op. It does not say if an `int` is a truth value or an errno, nor
//! in which context target core calls the op.

use super::wrapper::Wrapper;

/// The kind of safe method that an op becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodKind {
    /// A plain call: the arguments are passed on, and the result is of this kind.
    Call(Return),
    /// Makes an object; the method returns the initializer of the driver's part.
    Make(Object),
    /// Drops an object.
    Drop(Object),
    /// `fabric_init_nodeacl`: accepts or refuses a node ACL.
    InitNodeAcl,
    /// `sess_get_initiator_sid`: fills a buffer.
    InitiatorSid,
    /// Hands a command over to the driver.
    HandOver(CmdHandle),
    /// `aborted_task`: target core takes the driver's reference next.
    AbortTask,
    /// `close_session`: the session may end from then on.
    CloseSession,
    /// `fabric_pre_unlink`: logins are refused until the LUN is removed from the portal group.
    Unlink,
    /// `fabric_enable_tpg`: opens or closes a portal group to logins.
    EnableTpg,
}

/// Handle by which the driver receives a command; each is a type of the layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CmdHandle {
    /// The memory of a released command.
    Memory,
    /// A write that waits for its data; used up by its execution.
    Pending,
    /// A command that waits for its response.
    Response,
    /// A task management function that waits for its response.
    TmrResponse,
}

/// The kind of an op's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// No result.
    Void,
    /// An `int` that is a truth value.
    Bool,
    /// An `int` that is 0 or a negative errno.
    Errno,
    /// A number, passed on unchanged.
    Number,
    /// A string that lives as long as the first argument.
    CStr,
    /// No result: groups of attributes, for the layer to add.
    Groups,
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

/// The context in which target core calls an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Process context: the op may sleep.
    Process,
    /// Process context with a spinlock held, or in a read-side critical section of RCU.
    Atomic,
    /// The context of a completion: process context, or the backstore's with direct completion.
    Completion,
    /// The same, or the context of the submitter for a command that is refused at submission.
    Status,
    /// Any context.
    Any,
}

impl Context {
    /// Sentences for the author of a driver.
    #[must_use]
    pub fn for_author(self) -> &'static str {
        match self {
            Self::Process => "Called in process context.",
            Self::Atomic => {
                "Called in process context, but under a spinlock or RCU's read lock: do not sleep."
            }
            Self::Completion => {
                "With direct completion, called in the context of the backstore, which may be a hard \
                 interrupt: do not sleep. Otherwise called in process context."
            }
            Self::Status => {
                "With direct completion, called in the context of the backstore, which may be a hard \
                 interrupt: do not sleep. For a command that is refused at submission, called in the \
                 context of the submitter. Otherwise called in process context."
            }
            Self::Any => "Called in any context: do not sleep.",
        }
    }

    /// A phrase for the reviewer, in [`soundness_sections`](super::soundness_sections).
    #[must_use]
    pub fn for_reviewer(self) -> &'static str {
        match self {
            Self::Process => "Process context.",
            Self::Atomic => "Process context, but it must not sleep.",
            Self::Completion => "Context of a completion.",
            Self::Status => "Context of a completion or of a submission.",
            Self::Any => "Any context.",
        }
    }
}

/// The conditions of a call by target core, and the reason why its safe method is sound.
#[derive(Debug)]
pub struct CallContract {
    /// The context.
    pub context: Context,
    /// Locks that are held.
    pub locks: &'static str,
    /// Code that may run at the same time.
    pub concurrent: &'static str,
    /// Lifetime of the arguments, and the reference or lock that keeps them.
    pub lifetime: &'static str,
    /// Reason why safe code cannot misuse the arguments.
    pub soundness: &'static str,
    /// C functions in `drivers/target` that show all this.
    pub source: &'static str,
}

/// Specification of one op.
#[derive(Debug)]
pub struct OpSpec {
    /// The op's name in the struct.
    pub name: &'static str,
    /// The kind of its method; `None` for `check_stop_free`, which the layer implements.
    pub kind: Option<MethodKind>,
    /// Its purpose, in a sentence or two.
    pub purpose: &'static str,
    /// The conditions of a call.
    pub contract: CallContract,
}

impl OpSpec {
    /// The purpose and the context.
    #[must_use]
    pub fn documentation(&self) -> String {
        format!("{} {}", self.purpose, self.contract.context.for_author())
    }
}
