// SPDX-License-Identifier: GPL-2.0-only

//! Completions: in `kernel::sync`.

pub(in crate::target) use kernel::sync::Completion;
