// SPDX-License-Identifier: GPL-2.0-only

//! What lies elsewhere in the crates of other kernels.

pub(super) use kernel::init::Zeroable;
