// SPDX-License-Identifier: GPL-2.0-only

//! Generates a module: from a request to files in memory, the edits that add it to a kernel's tree,
//! and the report.

pub mod report;
mod spec;
mod tree;

pub use spec::{Generated, Method, ModuleSpec};
pub use tree::{TARGET_DIR, edits, refuse_clashes};
