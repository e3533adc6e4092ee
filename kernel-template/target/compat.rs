// SPDX-License-Identifier: GPL-2.0-only

//! What lies elsewhere in the crates of other kernels, or is not there: each under the name that
//! Linux 7.3 has for it.

mod aref;
mod completion;
mod zeroable;

pub use aref::ARef;

pub(super) use aref::AlwaysRefCounted;
pub(super) use completion::Completion;
pub(super) use zeroable::Zeroable;
