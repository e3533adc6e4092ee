// SPDX-License-Identifier: GPL-2.0-only

//! What the kernel's own crate has under another name in other kernels.

pub(super) use kernel::prelude::Zeroable;
