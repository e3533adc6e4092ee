// SPDX-License-Identifier: GPL-2.0-only

//! The command line: the subcommands and their functions.

use anyhow::{Result, bail};
use clap::{CommandFactory, Parser, Subcommand};

use crate::command::{
    completions, doctor, generate, man as man_command, ops, prepare, protocols, sync,
};
use crate::man;

/// Writes a LIO/TCM SCSI target fabric module in Rust for Linux.
///
/// Reads `struct target_core_fabric_ops` from the kernel's own header, and writes a driver directory
/// that builds with `make LLVM=1`, loads with modprobe, and has its tree in configfs.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true,
    after_help = man::EXAMPLES
)]
pub struct Cli {
    /// The subcommand, if there is one.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Arguments for generating a module.
    #[command(flatten)]
    pub generate: Option<generate::Arguments>,
}

/// The subcommands. Without one, a module is generated.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the fabric ops in a kernel's header.
    Ops(ops::Arguments),
    /// Lists the T10 protocol identifiers, with the port names and TransportIDs of each.
    Protocols(protocols::Arguments),
    /// Updates a generated module for another kernel, or for this version of tcm-mod-builder.
    Sync(sync::Arguments),
    /// Checks if a module can be built for a kernel, and names a remedy for each fault.
    Doctor(doctor::Arguments),
    /// Builds the kernel crate for a distribution's kernel whose headers lack it.
    Prepare(prepare::Arguments),
    /// Writes a completion script for a shell.
    Completions(completions::Arguments),
    /// Writes the manual page, or all pages to a directory.
    Man(man_command::Arguments),
}

impl Cli {
    /// Runs the subcommand, or generates a module.
    ///
    /// # Errors
    ///
    /// The fault, with its remedy.
    pub fn run(self) -> Result<()> {
        match (self.command, self.generate) {
            (Some(Command::Ops(args)), _) => ops::ops(&args),
            (Some(Command::Protocols(args)), _) => protocols::protocols(&args),
            (Some(Command::Sync(args)), _) => sync::sync(&args),
            (Some(Command::Doctor(args)), _) => doctor::doctor(&args),
            (Some(Command::Prepare(args)), _) => prepare::prepare(&args),
            (Some(Command::Completions(args)), _) => {
                completions::completions(&args, Self::command())
            }
            (Some(Command::Man(args)), _) => man_command::man(&args, Self::command()),
            (None, Some(args)) => generate::generate(&args),
            (None, None) => {
                bail!("cannot generate a module: pass -p PROTO and -m NAME; see --help")
            }
        }
    }
}
