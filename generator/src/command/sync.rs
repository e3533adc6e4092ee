// SPDX-License-Identifier: GPL-2.0-only

//! `sync`: brings a generated module to another kernel's ops, or to this version of the generator.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, anyhow, bail, ensure};
use clap::{Args, ValueHint};

use crate::generate::ModuleSpec;
use crate::kernel;
use crate::module::manifest::Manifest;
use crate::output::install;
use crate::plan::Changes;
use crate::sync::{Update, report, steps};
use crate::ui::print::{print, warn, word};

/// The arguments of `sync`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Directory of the module.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    dir: PathBuf,
    /// Kernel: a source tree, a build directory, or a distribution's headers [default: the one around
    /// DIR, $KDIR, or the running one].
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    kernel: Option<PathBuf>,
    /// Write nothing; exit 1 if there is something to write or to do.
    #[arg(long)]
    check: bool,
    /// Overwrite the generator's files even if they have been edited.
    #[arg(long)]
    force: bool,
}

/// Brings a module up to date.
///
/// # Errors
///
/// The fault, with its remedy; with `--check` also that the module is out of date.
pub(crate) fn sync(args: &Arguments) -> Result<()> {
    let old = Manifest::read(&args.dir).map_err(|error| {
        let (dir, remedy) = (args.dir.display(), error.remedy());
        anyhow!("cannot update {dir}: {error}; {remedy}")
    })?;
    let spec = ModuleSpec::new(&old.request)?;
    let dir = fs::canonicalize(&args.dir)?;
    let found = kernel::find_from(args.kernel.as_deref(), &dir)?;
    let generated = spec.generate(found.source()?)?;
    for warning in &generated.warnings {
        warn(warning);
    }
    let new = &generated.contents.manifest;
    let changes = Changes::between(&old.header, &new.header);
    let update = Update::new(&args.dir, &old, &generated.contents)?;
    if !args.force && !update.edited.is_empty() {
        bail!(report::refusal(&update.edited));
    }
    let steps = steps(&args.dir, &old, &changes, &generated.methods, &update);
    print(&report::changes(&old, new, &changes, &steps, &update))?;
    if !args.check {
        install::apply(&update.change)?;
        return print(&report::files(&args.dir, &update, &steps));
    }
    if update.is_current && changes.iter().next().is_none() {
        ensure!(
            steps.is_empty(),
            "cannot pass the check: {} needs changes by its author; do the steps above",
            args.dir.display()
        );
        return print(&report::up_to_date(&args.dir));
    }
    bail!(
        "cannot pass the check: {dir} is not up to date with {kernel}; run \
         `tcm-mod-builder sync {dir} -k {kernel}`",
        dir = word(&args.dir),
        kernel = word(found.named()),
    )
}
