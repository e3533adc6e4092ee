// SPDX-License-Identifier: GPL-2.0-only

//! Safe wrappers of the objects that a fabric module shares with target core.
//!
//! A fabric is a tree of configfs directories: `target/$FABRIC/$WWN/tpgt_$TAG/acls/$INITIATOR`.
//! Target core embeds a C object in each of them and calls the fabric when one is made or dropped.
//! [`Wwn`], [`Tpg`], [`NodeAcl`] and [`Np`] are such objects with the driver's data behind them.
//!
//! A driver sets up a [`Nexus`] for an initiator that logs in, and submits the commands that arrive
//! on the wire through its [`Session`]. From then on target core owns a command: it calls the ops
//! `write_pending`, `queue_data_in` and `queue_status` for it, and `release_cmd` when the last
//! reference is gone. An op that asks the driver to act on a command passes it a value with the
//! right to do so once: [`Pending`] to fill in a write's data and have it executed, [`Response`]
//! and [`TmrResponse`] to respond. [`Payload`] is the data of a command while the driver has one of
//! these.
//!
//! Target core counts the references to a command. One is its own, which this layer drops in
//! `check_stop_free`. A driver that sends the response later holds another until then, from
//! [`Response::keep`]; a driver that needs the command from the start has one from
//! [`Session::submit_counted`] (`TARGET_SCF_ACK_KREF`).
//!
//! The ops are the methods of [`Operations`].
//!
//! C headers: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h),
//! [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use kernel::prelude::*;

mod attributes;
mod cmd;
mod compat;
mod data;
mod lun;
mod nexus;
mod node_acl;
mod np;
mod object;
mod ops;
mod payload;
mod pending;
mod protocol;
mod queue;
mod registration;
mod request;
mod response;
mod session;
mod submit;
mod task;
mod tmr;
mod tpg;
mod wwn;

pub use attributes::{
    attributes, Attribute, AttributeArray, AttributeSlot, Attributes, Directory, Page,
};
pub use cmd::{BoxedCmd, Cmd, CmdMemory, SeCmd};
pub use compat::ARef;
pub use data::{Buffer, Direction};
pub use lun::Lun;
pub use nexus::{Nexus, SessionData, INITIATOR_NAME_MAX};
pub use node_acl::{
    HeldNodeAcl, NodeAcl, NodeAclGuard, TpgNaclAttribAttrs, TpgNaclAuthAttrs, TpgNaclBaseAttrs,
    TpgNaclParamAttrs,
};
pub use np::{Np, TpgNpBaseAttrs};
pub use ops::{
    Operations, TARGET_DIRECT_COMPL, TARGET_DIRECT_SUBMIT, TARGET_QUEUE_COMPL, TARGET_QUEUE_SUBMIT,
};
pub use payload::{Payload, PayloadMut, Segment, Segments};
pub use pending::{Pending, SenseReason};
pub use protocol::Protocol;
pub use queue::{Batch, CmdQueue, QueuedCmd};
pub use registration::{module_target_fabric, DiscoveryAttrs, Registration, WwnAttrs};
pub use request::{Refusal, Refused, Request, TaskAttribute};
pub use response::{Completed, Residual, Response};
pub use session::{ProtectionOps, Session};
pub use task::{Aborted, Reference, Task};
pub use tmr::{TmrFunction, TmrResponse, TmrStatus};
pub use tpg::{tpg_tag, Tpg, TpgAttribAttrs, TpgAuthAttrs, TpgBaseAttrs, TpgParamAttrs};
pub use wwn::Wwn;

/// The text in `bytes`, which end with NUL, for target core; empty if they do not.
#[inline]
pub fn c_str(bytes: &[u8]) -> &CStr {
    CStr::from_bytes_with_nul(bytes).unwrap_or(kernel::c_str!(""))
}
