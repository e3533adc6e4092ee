// SPDX-License-Identifier: GPL-2.0-only

//! `prepare`: makes the kernel crate for a distribution's kernel whose headers lack it.

use std::path::{self, PathBuf};

use anyhow::Result;
use clap::{Args, ValueHint};

use super::KERNEL;
use crate::kernel;
use crate::prepare::{self, State};
use crate::ui::print::{print, warn, word};

/// The arguments of `prepare`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath, help = KERNEL)]
    kernel: Option<PathBuf>,
}

/// Makes the kernel crate.
///
/// # Errors
///
/// The fault, with its remedy.
pub(crate) fn prepare(args: &Arguments) -> Result<()> {
    let tree = kernel::find(args.kernel.as_deref())?;
    let named = word(tree.named());
    match prepare::state(&tree)? {
        State::Prepared(dir) => print(&format!("Prepared already: {}\n", dir.display()))?,
        State::Built => print(&format!(
            "Nothing to prepare: {named} has the kernel crate\n"
        ))?,
        State::Missing(build) => {
            let source = prepare::source(&tree)?;
            // The tree is looked up again: it may have its source only now.
            let tree = kernel::find(Some(tree.named()))?;
            let prepared = prepare::build(&tree, &build, &source)?;
            for line in &prepared.changed {
                warn(line);
            }
            print(&format!("Prepared: {}\n", prepared.dir.display()))?;
        }
    }
    let kdir = word(&path::absolute(tree.named())?);
    print(&format!(
        "Next: tcm-mod-builder -p PROTO -m NAME -o DIR -k {named}, then make -C DIR KDIR={kdir}\n"
    ))
}
