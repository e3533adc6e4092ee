// SPDX-License-Identifier: GPL-2.0-only

//! The command line, as typed. What it means is `run`'s affair.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Writes a LIO/TCM SCSI target fabric module in Rust for Linux.
///
/// Reads `struct target_core_fabric_ops` from the kernel's own header, and writes a driver directory
/// that builds with `make LLVM=1`, loads with modprobe, and answers configfs.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// What to do instead of generating a module.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What module to generate.
    #[command(flatten)]
    pub generate: Option<Generate>,
}

/// Other things than generating.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the fabric ops that a kernel's header holds.
    Ops(Ops),
    /// Lists the T10 protocol identifiers and what a module for each gets.
    Protocols(Protocols),
}

/// The arguments of `ops`.
#[derive(Debug, Args)]
pub struct Ops {
    /// Kernel source tree.
    #[arg(short, long, value_name = "DIR")]
    pub kernel: Option<PathBuf>,
    /// Header to read instead of a tree's.
    #[arg(long, value_name = "FILE", conflicts_with = "kernel")]
    pub header: Option<PathBuf>,
    /// Another kernel source tree, or header, to show the differences to.
    #[arg(long, value_name = "DIR|FILE", conflicts_with = "json")]
    pub against: Option<PathBuf>,
    /// Write JSON, for programs.
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `protocols`.
#[derive(Debug, Args)]
pub struct Protocols {
    /// Write JSON, for programs.
    #[arg(long)]
    pub json: bool,
}

/// The arguments of generating.
#[derive(Debug, Args)]
#[group(multiple = true)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub struct Generate {
    /// T10 protocol identifier: FC, SPI, SSA, SBP, SRP, iSCSI, SAS, ADT, ATA, UAS, SOP or PCIe, in
    /// any case.
    #[arg(short, long, value_name = "PROTO")]
    pub proto: String,
    /// Module name, such as `tcm_nab5000`; the configfs name is this without a leading `tcm_`.
    #[arg(short, long, value_name = "NAME")]
    pub module: String,
    /// Another identifier to tell target core, which knows no TransportIDs of this one: SAS for
    /// ADT, ATA or UAS.
    #[arg(long, value_name = "PROTO")]
    pub register_as: Option<String>,
    /// Another configfs name.
    #[arg(long, value_name = "NAME")]
    pub fabric_name: Option<String>,
    /// Kernel source tree [default: the one around the working directory, $KDIR, or that of the
    /// running kernel].
    #[arg(short, long, value_name = "DIR")]
    pub kernel: Option<PathBuf>,
    /// Write a self-contained module there, to be built with M=, instead of into drivers/target.
    #[arg(short, long, value_name = "DIR", conflicts_with_all = ["install", "no_install"])]
    pub output: Option<PathBuf>,
    /// What the module does with commands.
    #[arg(long, value_name = "KIND", default_value = "nop")]
    pub data_path: DataPath,
    /// Add the module to the makefile and the Kconfig of drivers/target without asking.
    #[arg(long, conflicts_with = "no_install")]
    pub install: bool,
    /// Add the module to neither, without asking.
    #[arg(long)]
    pub no_install: bool,
    /// Say what would be written and changed, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Replace a module that this tool has generated and nobody has changed since.
    #[arg(long)]
    pub force: bool,
}

/// What a module does with commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DataPath {
    /// Nothing: no session is made, so none arrives.
    Nop,
    /// Moves data: a SCSI host of the same machine is the initiator, and each LUN is a disk there.
    Loopback,
}
