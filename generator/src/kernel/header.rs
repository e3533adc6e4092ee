// SPDX-License-Identifier: GPL-2.0-only

//! Reads a kernel's fabric header in a child process of this program, which clang may crash or block.

use std::process::Command;

use tcm_bindings::{Error, FabricOps, Header, NoLibclang};

/// The hidden subcommand of the child.
pub const SUBCOMMAND: &str = "read-header";

/// The model of a header.
///
/// # Errors
///
/// The fault of the header, with its remedy.
pub fn read(header: &Header) -> Result<FabricOps, Error> {
    tcm_bindings::read_apart(header, child())
}

/// The version of libclang.
///
/// # Errors
///
/// [`NoLibclang`] if it cannot be loaded.
pub fn libclang_version() -> Result<String, NoLibclang> {
    tcm_bindings::libclang_version(child())
}

/// This program again, even if its file has been replaced since it started.
fn child() -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg(SUBCOMMAND);
    command
}
