// SPDX-License-Identifier: GPL-2.0-only

//! `doctor`: examines whether a module can be built for a kernel.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueHint};

use super::KERNEL;
use crate::doctor::{examine, report};
use crate::kernel;
use crate::ui::print::print;

/// The arguments of `doctor`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath, help = KERNEL)]
    kernel: Option<PathBuf>,
    /// Write JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// Examines a kernel, and the tools of this machine.
///
/// # Errors
///
/// If there is no kernel, or a module cannot be built for it.
pub(crate) fn doctor(args: &Arguments) -> Result<()> {
    let tree = kernel::find(args.kernel.as_deref())?;
    let checks = examine(&tree);
    if args.json {
        print(&report::json(&tree, &checks)?)?;
    } else {
        print(&report::text(&tree, &checks))?;
    }
    match report::refusal(&tree, &checks) {
        Some(reason) => bail!(reason),
        None => Ok(()),
    }
}
