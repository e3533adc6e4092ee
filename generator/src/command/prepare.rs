// SPDX-License-Identifier: GPL-2.0-only

//! `prepare`: makes the kernel crate for a distribution's kernel whose headers lack it.
//!
//! It is made in the user's own cache: the distribution's files stay as they are.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use crate::doctor::{self, What};
use crate::kernel::{self, Tree, prepared};
use crate::output::print::{List, print, warn};
use crate::prepare;

/// The arguments of `prepare`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Headers of the kernel, such as /lib/modules/V/build [default: $KDIR, or the running kernel's].
    #[arg(short, long, value_name = "DIR")]
    kernel: Option<PathBuf>,
}

/// Makes what is missing and can be made.
///
/// # Errors
///
/// The fault, with its remedy.
pub(crate) fn prepare(args: &Arguments) -> Result<()> {
    let tree = kernel::find(args.kernel.as_deref())?;
    let named = tree.named().display();
    let Some(build) = tree.build() else {
        bail!(
            "{named} has no configuration; name a distribution's headers, such as \
             /lib/modules/V/build, with -k DIR"
        );
    };
    if let Some(dir) = prepared::build_for(build) {
        print(&format!(
            "Prepared already: {}\n{}",
            dir.display(),
            next(&tree)
        ));
        return Ok(());
    }
    if doctor::is_complete(&tree) {
        print(&format!(
            "Nothing to prepare: {named} has the kernel crate\n{}",
            next(&tree)
        ));
        return Ok(());
    }
    if !tree.is_headers_package() {
        bail!(
            "{named} is a kernel that you build yourself; the kernel crate is made with it: \
             `make -C {named} LLVM=1`"
        );
    }
    let source = prepare::source(&tree)?;
    // The source was not there yet when the tree was looked up before.
    let tree = kernel::find(Some(tree.named()))?;
    refuse_without_tools(&tree)?;
    let done = prepare::build(&tree, build, &source)?;
    for line in done.changed {
        warn(&line);
    }
    print(&format!(
        "Prepared: {}\n{}",
        done.dir.display(),
        next(&tree)
    ));
    Ok(())
}

/// Refuses to begin if a tool is missing or the wrong one: `make` would fail only after minutes.
fn refuse_without_tools(tree: &Tree) -> Result<()> {
    let checks = doctor::examine(tree);
    // The kernel crate is what is to be made.
    let bad = checks
        .iter()
        .filter(|check| check.is_in_the_way() && check.what != What::KernelCrate);
    let faults: Vec<_> = bad
        .map(|check| {
            let remedy = check.remedy.as_deref().unwrap_or_default();
            format!("{}: {}; {remedy}", check.what, check.found)
        })
        .collect();
    if faults.is_empty() {
        return Ok(());
    }
    bail!(
        "cannot prepare {}:\n{}",
        tree.named().display(),
        List(faults)
    )
}

/// The commands to type next.
fn next(tree: &Tree) -> String {
    let named = tree.named().display();
    format!(
        "Next: tcm-mod-builder -p PROTO -m NAME -o DIR -k {named}, then make -C DIR KDIR={named}\n"
    )
}
