// SPDX-License-Identifier: GPL-2.0-only

//! The kernel that a module is for: its directories, header, configuration and crate, and the names in
//! use there.

mod clash;
mod config;
pub mod header;
pub mod metadata;
pub mod prepared;
mod tree;
mod version;

pub use clash::{Clashes, clashes};
pub use config::Config;
pub use tree::{NoSource, Tree, find, find_from, running_release};
pub use version::upstream;
