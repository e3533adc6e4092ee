// SPDX-License-Identifier: GPL-2.0-only

//! Reads a kernel's fabric header in a child process, which bounds crashes and hangs of clang.

use std::process::Command;

use tcm_bindings::{Error, FabricOps, Header, NoLibclang};

/// The hidden subcommand of the child.
pub const SUBCOMMAND: &str = "read-header";

/// Reads the model of a header.
///
/// # Errors
///
/// The fault of the header, with its remedy.
pub fn read(header: &Header) -> Result<FabricOps, Error> {
    tcm_bindings::read_apart(header, child())
}

/// Returns the version of libclang.
///
/// # Errors
///
/// [`NoLibclang`] if it cannot be loaded.
pub fn libclang_version() -> Result<String, NoLibclang> {
    tcm_bindings::libclang_version(child())
}

/// The command that starts this program again, even if its file has been replaced.
fn child() -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg(SUBCOMMAND);
    command
}
