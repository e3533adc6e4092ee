// SPDX-License-Identifier: GPL-2.0-only

//! Items of the kernel crate that have another place in some kernels, or are missing there: each
//! under the name that Linux 7.3 has for it. `kernel_probes.rs` finds out which kernel it is.

#[cfg(not(kernel_has_completion))]
mod completion;

#[cfg(not(kernel_has_completion))]
pub(super) use completion::Completion;
#[cfg(kernel_has_completion)]
pub(super) use kernel::sync::Completion;

#[cfg(kernel_has_sync_aref)]
pub use kernel::sync::aref::ARef;
#[cfg(not(kernel_has_sync_aref))]
pub use kernel::types::ARef;

#[cfg(kernel_has_sync_aref)]
pub(super) use kernel::sync::aref::AlwaysRefCounted;
#[cfg(not(kernel_has_sync_aref))]
pub(super) use kernel::types::AlwaysRefCounted;

#[cfg(kernel_has_init_zeroable)]
pub(super) use kernel::init::Zeroable;
#[cfg(not(kernel_has_init_zeroable))]
pub(super) use kernel::prelude::Zeroable;
