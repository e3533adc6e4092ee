// SPDX-License-Identifier: GPL-2.0-only

//! SCSI target fabrics.
//!
//! A fabric is a tree of configfs directories: `target/$FABRIC/$WWN/tpgt_$TAG`, with `acls/$NAME`
//! and `np/$PORTAL` below. Each has a C object of target core, which the fabric allocates and frees
//! in its ops; target core allocates that of a node ACL. [`Wwn`], [`Tpg`], [`NodeAcl`] and [`Np`]
//! are these objects with the driver's data.
//!
//! A driver sets up a [`Nexus`] for each initiator that logs in, and submits the commands of that
//! initiator through its [`Session`]. Target core then owns each command. It calls the ops
//! `write_pending`, `queue_data_in` and `queue_status` for the command, and `release_cmd` after the
//! last reference is dropped. An op that asks the driver to act on a command passes an owned value,
//! which the driver can use once: [`Pending`] to receive the data of a write and have it executed,
//! [`Response`] and [`TmrResponse`] to send the response. While the driver has one of these,
//! [`Payload`] gives access to the data of the command.
//!
//! Commands are reference counted. Target core holds one reference, which this layer drops in
//! `check_stop_free`. A driver that sends the response later holds another one, from
//! [`Response::keep`].
//!
//! The ops are the methods of [`Operations`].
//!
//! C headers: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h),
//! [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use kernel::prelude::*;

mod attributes;
mod closing;
mod cmd;
mod compat;
mod cpu;
mod data;
mod depend;
#[cfg(kernel_has_scatterlist)]
mod dma;
mod groups;
mod handle;
mod list;
mod lun;
mod nexus;
mod node_acl;
mod np;
mod object;
mod ops;
mod pages;
mod payload;
mod pending;
mod protection;
mod protocol;
mod queue;
mod registration;
mod request;
mod response;
mod session;
mod submit;
mod tags;
mod task;
mod tmr;
mod tpg;
mod users;
mod work;
mod wwn;

pub use attributes::{
    attributes, Attribute, AttributeArray, AttributeSlot, Attributes, Directory, Page,
};
pub use cmd::{BoxedCmd, Cmd, CmdMemory, Released, SeCmd};
pub use compat::atomic;
pub use cpu::Cpu;
pub use data::{Buffer, Direction};
pub use depend::Dependency;
#[cfg(kernel_has_scatterlist)]
pub use dma::{Mappable, MappedSegment, MappedSegments, Mapping};
pub use groups::{groups, Group, Groups};
pub use handle::{SessionGuard, SessionHandle};
pub use lun::Lun;
pub use nexus::{Nexus, RefusedLogin, INITIATOR_NAME_MAX};
pub use node_acl::{
    HeldNodeAcl, NodeAcl, NodeAclGroup, NodeAclGuard, TpgNaclAttribAttrs, TpgNaclAuthAttrs,
    TpgNaclBaseAttrs, TpgNaclParamAttrs,
};
pub use np::{Np, TpgNpBaseAttrs};
pub use object::{by_value, err_ptr};
pub use ops::{
    Operations, TARGET_DIRECT_COMPL, TARGET_DIRECT_SUBMIT, TARGET_QUEUE_COMPL, TARGET_QUEUE_SUBMIT,
};
pub use pages::{OwnPages, PagedCmd};
pub use payload::{Payload, PayloadMut, Segment, Segments};
pub use pending::{Pending, SenseReason};
pub use protection::{Protection, ProtectionAction, ProtectionOps, ProtectionType};
pub use protocol::Protocol;
pub use queue::{Batch, CmdQueue, QueuedCmd};
pub use registration::{module_target_fabric, DiscoveryAttrs, Registration, WwnAttrs};
pub use request::{Refusal, Refused, Request, TaskAttribute};
pub use response::{Completed, Residual, Response, Retry};
pub use session::{Session, SessionData};
pub use tags::{RefusedTag, Tag, TaggedCmd};
pub use task::{Aborted, Reference, Task};
pub use tmr::{TmrFunction, TmrResponse, TmrStatus};
pub use tpg::{
    tpg_tag, RmdirGuard, Tpg, TpgAttribAttrs, TpgAuthAttrs, TpgBaseAttrs, TpgParamAttrs,
};
pub use wwn::{Wwn, WwnGroup};

/// Converts `bytes` to a C string for target core.
///
/// # Errors
///
/// Returns [`EINVAL`] if `bytes` does not end with NUL, or contains another NUL.
pub fn c_str(bytes: &[u8]) -> Result<&CStr> {
    CStr::from_bytes_with_nul(bytes).map_err(|_| EINVAL)
}
