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

use kernel::{
    ffi::{c_char, c_int},
    prelude::*,
    str::BStr,
    types::Opaque, //
};

mod attributes;
mod cmd;
mod compat;
mod data;
mod lun;
mod nexus;
mod node_acl;
mod np;
mod ops;
mod payload;
mod pending;
mod protocol;
mod queue;
mod registration;
mod request;
mod response;
mod session;
mod task;
mod tmr;
mod tpg;
mod wwn;

pub use attributes::{
    attributes, Attribute, AttributeArray, AttributeSlot, Attributes, Directory, DiscoveryAttrs,
    Page, TpgAttribAttrs, TpgAuthAttrs, TpgBaseAttrs, TpgNaclAttribAttrs, TpgNaclAuthAttrs,
    TpgNaclBaseAttrs, TpgNaclParamAttrs, TpgNpBaseAttrs, TpgParamAttrs, WwnAttrs,
};
pub use cmd::{BoxedCmd, Cmd, CmdMemory, SeCmd};
pub use compat::ARef;
pub use data::{Buffer, Direction};
pub use lun::Lun;
pub use nexus::{Login, Nexus, INITIATOR_NAME_MAX};
pub use node_acl::{HeldNodeAcl, NodeAcl, NodeAclGuard};
pub use np::Np;
pub use ops::{
    Operations, TARGET_DIRECT_COMPL, TARGET_DIRECT_SUBMIT, TARGET_QUEUE_COMPL, TARGET_QUEUE_SUBMIT,
};
pub use payload::{Payload, PayloadMut, Segment, Segments};
pub use pending::{Pending, SenseReason};
pub use protocol::Protocol;
pub use queue::{Batch, CmdQueue, Right};
pub use registration::Module;
pub use request::{Refusal, Refused, Request, TaskAttribute};
pub use response::{Completed, Residual, Response};
pub use session::{ProtectionOps, Session};
pub use task::{Aborted, Reference, Task};
pub use tmr::{TmrFunction, TmrResponse, TmrStatus};
pub use tpg::{tpg_tag, Tpg};
pub use wwn::Wwn;

/// Borrows a C string, such as the name of a directory.
///
/// # Safety
///
/// `text` must end with NUL, and must not change while `'a` lasts.
#[inline]
unsafe fn bstr<'a>(text: *const c_char) -> &'a BStr {
    // SAFETY: By the requirements of this function.
    unsafe { CStr::from_char_ptr(text) }.as_ref()
}

/// The text in `bytes`, which end with NUL, for target core; empty if they do not.
#[inline]
pub fn c_str(bytes: &[u8]) -> &CStr {
    CStr::from_bytes_with_nul(bytes).unwrap_or(kernel::c_str!(""))
}

/// The longest name of a target port, in bytes, that is passed to target core. In VPD page 83h it
/// prints two of them, and more, into 1,024 bytes.
const NAME_MAX: usize = 223;

/// The name of a target port, for target core; empty if it is too long.
#[inline]
fn bounded(name: &CStr) -> *mut c_char {
    let text: &BStr = name.as_ref();
    let name = if text.len() > NAME_MAX {
        kernel::c_str!("")
    } else {
        name
    };
    // Target core only reads it.
    name.as_char_ptr().cast_mut()
}

/// Has `fill` write a text into `buffer`, and returns its length. The last byte is for the NUL that
/// C wants at the text's end.
fn filled(buffer: &mut [u8], fill: impl FnOnce(&mut [u8]) -> usize) -> u32 {
    let Some((_, room)) = buffer.split_last_mut() else {
        return 0;
    };
    let length = fill(room).min(room.len());
    if let Some(end) = buffer.get_mut(length) {
        *end = 0;
    }
    length as u32
}

/// The value that a callback returns to C: 0 or a negative errno.
#[inline]
fn errno(result: Result) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}

/// The value that a callback returns to C: a pointer or an `ERR_PTR()`.
fn err_ptr<T>(result: Result<*mut T>) -> *mut T {
    result.unwrap_or_else(|error| error.to_errno() as isize as *mut T)
}

/// Zeroes a C object in place.
fn zeroed<T>() -> impl PinInit<Opaque<T>> {
    // SAFETY: The slot is valid for writes; an `Opaque` may hold anything.
    Opaque::ffi_init(|slot: *mut T| unsafe { slot.write_bytes(0, 1) })
}

/// Gives a box away, to be taken back with [`KBox::from_raw`].
fn into_raw<T>(boxed: Pin<KBox<T>>) -> *mut T {
    // SAFETY: All users of the pointer treat the object as pinned: they only share it until it is
    // dropped.
    KBox::into_raw(unsafe { Pin::into_inner_unchecked(boxed) })
}
