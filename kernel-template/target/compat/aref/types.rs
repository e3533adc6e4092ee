// SPDX-License-Identifier: GPL-2.0-only

//! Counted references: in `kernel::types`.

pub use kernel::types::ARef;
pub(in crate::target) use kernel::types::AlwaysRefCounted;
