// SPDX-License-Identifier: GPL-2.0-only

//! `ops`: the ops that a kernel's header declares, or their differences from another header.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueHint};
use tcm_bindings::Header;

use crate::kernel::{self, header};
use crate::ops;
use crate::ui::print::print;

/// The arguments of `ops`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Kernel: a source tree, a build directory, or a distribution's headers [default: the one around
    /// the working directory, $KDIR, or the running one].
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
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
    let header = match &args.header {
        Some(file) => Header::file(file),
        None => header_of(args.kernel.as_deref())?,
    };
    let model = header::read(&header)?;
    print(&match &args.against {
        Some(dir) if dir.is_dir() => ops::against(&model, &header::read(&header_of(Some(dir))?)?),
        Some(file) => ops::against(&model, &header::read(&Header::file(file))?),
        None if args.json => ops::json(&model)?,
        None => ops::text(&model),
    })
}

/// The fabric header of the kernel in `dir`, or of the default one.
fn header_of(dir: Option<&Path>) -> Result<Header> {
    Ok(Header::in_tree(kernel::find(dir)?.headers())?)
}
