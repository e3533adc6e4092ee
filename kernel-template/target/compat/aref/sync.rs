// SPDX-License-Identifier: GPL-2.0-only

//! Counted references: in `kernel::sync::aref`.

pub use kernel::sync::aref::ARef;
pub(in crate::target) use kernel::sync::aref::AlwaysRefCounted;
