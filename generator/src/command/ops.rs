// SPDX-License-Identifier: GPL-2.0-only

//! `ops`: the ops that a kernel's header declares, or their differences from another header.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use clap::{Args, ValueHint};
use tcm_bindings::{Error, FabricOps, Header, REMEDY};

use super::KERNEL;
use crate::kernel::{self, Tree, header};
use crate::ops;
use crate::ui::print::print;

/// The arguments of `ops`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath, help = KERNEL)]
    kernel: Option<PathBuf>,
    /// Header to read, instead of that of a kernel.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "kernel")]
    header: Option<PathBuf>,
    /// Kernel or header to compare with.
    #[arg(long, value_name = "DIR|FILE", value_hint = ValueHint::AnyPath, conflicts_with = "json")]
    against: Option<PathBuf>,
    /// Write JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// Shows the ops.
///
/// # Errors
///
/// If a header cannot be read, or the output not be written.
pub(crate) fn ops(args: &Arguments) -> Result<()> {
    let model = match &args.header {
        Some(file) => of_file(file)?,
        None => of_kernel(&kernel::find(args.kernel.as_deref())?)?,
    };
    print(&match &args.against {
        Some(dir) if dir.is_dir() => ops::against(&model, &of_kernel(&kernel::find(Some(dir))?)?),
        Some(file) => ops::against(&model, &of_file(file)?),
        None if args.json => ops::json(&model)?,
        None => ops::text(&model),
    })
}

/// The ops of a kernel's header.
fn of_kernel(tree: &Tree) -> Result<FabricOps> {
    let header = Header::in_tree(tree.headers());
    header.and_then(|it| header::read(&it)).map_err(with_option)
}

/// The ops of a header.
fn of_file(file: &Path) -> Result<FabricOps> {
    header::read(&Header::file(file)).map_err(with_option)
}

/// Adds the option that this command alone has to the remedy for a header.
fn with_option(error: Error) -> anyhow::Error {
    if error.to_string().ends_with(REMEDY) {
        return anyhow!(
            "{error}, or its header with --header DIR/include/target/target_core_fabric.h"
        );
    }
    error.into()
}
