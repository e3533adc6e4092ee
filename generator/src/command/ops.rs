// SPDX-License-Identifier: GPL-2.0-only

//! `ops`: what a kernel's header declares, or what differs from another one's.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use tcm_bindings::{FabricOps, Header};

use crate::kernel::{self, header};
use crate::output::print::print;
use crate::output::report::{self, Verdict};
use crate::plan::{Changes, declarations, plan};

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
        None => of_tree(args.kernel.as_deref())?,
    };
    let model = header::read(&header)?;
    let verdict = verdict(&model);
    if let Some(other) = &args.against {
        let header = if other.is_dir() {
            of_tree(Some(other))?
        } else {
            Header::file(other)
        };
        against(&model, &verdict, &header::read(&header)?);
    } else if args.json {
        print(&report::json(&report::Ops::new(&model, &verdict))?);
    } else {
        print(&report::ops(&model, &verdict));
        if verdict.faults.is_empty() {
            print(
                "\nNext: tcm-mod-builder -p PROTO -m NAME writes a module that implements them\n",
            );
        }
    }
    Ok(())
}

fn of_tree(dir: Option<&Path>) -> Result<Header> {
    Ok(Header::in_tree(kernel::find(dir)?.headers())?)
}

/// Shows the differences between two headers, and what is not known of either.
fn against(old: &FabricOps, old_verdict: &Verdict, new: &FabricOps) {
    let changes = Changes::between(&declarations(old), &declarations(new));
    let lines = super::changes::lines(&changes);
    let new_verdict = verdict(new);
    let notes = [(old, old_verdict), (new, &new_verdict)];
    let notes = notes.map(|(model, verdict)| match report::notes(verdict) {
        notes if notes.is_empty() => notes,
        notes => format!("\n{}:\n{notes}", model.header.display()),
    });
    let notes = notes.concat();
    let next = match (
        lines.is_empty(),
        notes.is_empty(),
        new_verdict.faults.is_empty(),
    ) {
        (true, true, _) => "The same ops\n",
        (true, false, _) => "\nThe same ops, as far as they are read\n",
        (false, _, true) => {
            "\nNext: tcm-mod-builder sync DIR -k KERNEL brings a module to another kernel's ops\n"
        }
        (false, _, false) => "",
    };
    let (old, new) = (old.header.display(), new.header.display());
    print(&format!("--- {old}\n+++ {new}\n{lines}{notes}{next}"));
}

/// The verdict of generating on a header.
fn verdict(model: &FabricOps) -> Verdict {
    match plan(model) {
        Ok(plan) => Verdict {
            warnings: plan.warnings,
            faults: Vec::new(),
        },
        Err(faults) => Verdict {
            warnings: model.warnings.clone(),
            faults: faults.iter().map(ToString::to_string).collect(),
        },
    }
}
