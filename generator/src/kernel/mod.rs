// SPDX-License-Identifier: GPL-2.0-only

//! The kernel that a module is for: where it is, what it offers, how it is configured, and which
//! names are taken there.

mod config;
pub mod header;
pub mod prepared;
mod taken;
mod tree;
mod version;

pub use config::Config;
pub use taken::{Taken, taken};
pub use tree::{NoSource, Tree, TreeError, find, find_from, running_release};
pub use version::upstream;
