// SPDX-License-Identifier: GPL-2.0-only

//! Writes a LIO/TCM fabric module in Rust for Linux from the kernel's own header.
//!
//! Data flows one way: the header's model (`tcm-bindings`) is checked against the known ops
//! ([`plan`]), written as texts ([`emit`]), held as a module ([`module`]), and written to the file
//! system completely or not at all ([`output`]).
//!
//! The modules are layers. From the top down:
//!
//! - `cli`, `command`: the command line, arguments and steps
//! - `sync`, `generate`, `ops`, `man`, `prepare`, `doctor`: the work of the subcommands
//! - `emit`, `data_path`, `plan`: from a header to texts
//! - `kernel`, `protocol`, `distro`, `names`: facts and names
//! - `output`, `module`, `ui`: the file system, a module as data, the terminal
//!
//! Each imports only modules to its right or below it; `tests/tests/house.rs` checks this.

/// Text of a file of `kernel-template`, to which the package has a link.
macro_rules! template {
    ($($path:expr),+) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/kernel-template/", $($path),+))
    };
}

pub mod cli;
pub mod command;
pub mod data_path;
pub mod distro;
pub mod doctor;
pub mod emit;
pub mod generate;
pub mod kernel;
pub mod man;
pub mod module;
pub mod names;
pub mod ops;
pub mod output;
pub mod plan;
pub mod prepare;
pub mod protocol;
pub mod sync;
pub mod ui;
