// SPDX-License-Identifier: GPL-2.0-only

//! Items of the kernel crate that some kernels have elsewhere, or lack, under their names of Linux
//! 7.3. `kernel_probes.rs` detects them.

#[cfg(not(kernel_has_atomic))]
pub mod atomic;
#[cfg(not(kernel_has_completion))]
mod completion;
#[cfg(not(kernel_has_init_zeroed))]
mod init_zeroed;
#[cfg(not(kernel_has_raw_try_init))]
mod raw_try_init;
#[cfg(not(kernel_has_atomic))]
mod refcount;

#[cfg(kernel_has_atomic)]
pub use kernel::sync::atomic;

#[cfg(not(kernel_has_completion))]
pub(super) use completion::Completion;
#[cfg(kernel_has_completion)]
pub(super) use kernel::sync::Completion;

#[cfg(not(kernel_has_alloc_workqueue_noprof))]
pub(super) use crate::bindings::alloc_workqueue as alloc_workqueue_noprof;
#[cfg(kernel_has_alloc_workqueue_noprof)]
pub(super) use crate::bindings::alloc_workqueue_noprof;

#[cfg(not(kernel_has_fmt))]
pub(super) use core::fmt;
#[cfg(kernel_has_fmt)]
pub(super) use kernel::fmt;

#[cfg(kernel_has_atomic)]
pub(super) use kernel::sync::Refcount;
#[cfg(not(kernel_has_atomic))]
pub(super) use refcount::Refcount;

#[cfg(not(kernel_has_init_zeroed))]
pub(super) use init_zeroed::init_zeroed;
#[cfg(kernel_has_init_zeroed)]
pub(super) use pin_init::init_zeroed;

#[cfg(not(kernel_has_init_zeroed))]
pub(super) use kernel::init::pin_init_from_closure;
#[cfg(kernel_has_init_zeroed)]
pub(super) use pin_init::pin_init_from_closure;

#[cfg(kernel_has_init_zeroable)]
pub(super) use kernel::init::Zeroable;
#[cfg(not(kernel_has_init_zeroable))]
pub(super) use kernel::prelude::Zeroable;

#[cfg(kernel_has_raw_try_init)]
pub(super) use pin_init::raw_try_init;
#[cfg(not(kernel_has_raw_try_init))]
pub(super) use raw_try_init::raw_try_init;
