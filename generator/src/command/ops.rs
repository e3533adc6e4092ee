// SPDX-License-Identifier: GPL-2.0-only

//! `ops`: what a kernel's header declares, or what differs from another one's.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use tcm_bindings::Header;

use crate::kernel;
use crate::output::print::print;
use crate::output::report;
use crate::plan::{Changes, declarations};

/// The arguments of `ops`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Kernel: a source tree, a build directory, or a distribution's headers.
    #[arg(short, long, value_name = "DIR")]
    kernel: Option<PathBuf>,
    /// Header to read instead of a tree's.
    #[arg(long, value_name = "FILE", conflicts_with = "kernel")]
    header: Option<PathBuf>,
    /// Another kernel source tree, or header, to show the differences to.
    #[arg(long, value_name = "DIR|FILE", conflicts_with = "json")]
    against: Option<PathBuf>,
    /// Write JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// Shows the ops.
///
/// # Errors
///
/// If a header cannot be read.
pub(crate) fn ops(args: &Arguments) -> Result<()> {
    let header = match &args.header {
        Some(file) => Header::file(file),
        None => Header::in_tree(kernel::find(args.kernel.as_deref())?.headers())?,
    };
    let model = tcm_bindings::read(&header)?;
    if let Some(other) = &args.against {
        let header = if other.is_dir() {
            Header::in_tree(kernel::find(Some(other))?.headers())?
        } else {
            Header::file(other)
        };
        let other = tcm_bindings::read(&header)?;
        let (old, new) = (declarations(&model), declarations(&other));
        let lines = super::changes::lines(&Changes::between(&old, &new));
        let next = if lines.is_empty() {
            "The same ops\n"
        } else {
            "Next: tcm-mod-builder sync DIR -k KERNEL brings a module to another kernel's ops\n"
        };
        let (old, new) = (model.header.display(), other.header.display());
        print(&format!("--- {old}\n+++ {new}\n{lines}{next}"));
    } else if args.json {
        print(&report::json(&model)?);
    } else {
        print(&format!(
            "{}\nNext: tcm-mod-builder -p PROTO -m NAME writes a module that implements them\n",
            report::ops(&model)
        ));
    }
    Ok(())
}
