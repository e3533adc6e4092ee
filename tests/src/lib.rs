// SPDX-License-Identifier: GPL-2.0-only

//! The test harness: installs missing tools, fetches and builds kernels, builds modules as a user
//! would, and boots them. `cargo xtask` is its command line, and the tests use it as a library.

pub mod arm64;
pub mod bench;
pub mod cases;
pub mod chart;
pub mod conformance;
pub mod demo;
pub mod distribution;
pub mod figures;
pub mod fixes;
pub mod fixture;
pub mod fuzz;
mod git;
pub mod golden;
pub mod guest;
pub mod initiator;
pub mod kernel;
pub mod ktap;
pub mod lint;
pub mod module;
pub mod own_path;
pub mod package;
pub mod recording;
pub mod series;
pub mod session;
pub mod setup;
pub mod shell;
pub mod stock;
pub mod suite;

pub use on_host::{codec, iscsi};

/// Files of modules that also run on the host. No input may make them panic.
#[deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]
#[path = "."]
mod on_host {
    pub mod codec;
    pub mod iscsi;
}
