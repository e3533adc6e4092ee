// SPDX-License-Identifier: GPL-2.0-only

//! Makes the kernel crate for a distribution's kernel whose headers lack it.
//!
//! It is made in the user's own cache: the distribution's files stay as they are.

mod build;

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::doctor::{self, Subject};
use crate::kernel::{Tree, metadata, prepared};
use crate::ui::print::word;

pub use build::{Prepared, SUBCOMMAND, become_dependent, build, source};

/// State of a kernel's crate.
#[derive(Debug)]
pub enum State {
    /// An earlier run has made the crate, in this build directory.
    Prepared(PathBuf),
    /// The kernel was built with the crate.
    Built,
    /// The crate can be made for the configuration in this build directory.
    Missing(PathBuf),
}

/// Returns the state of a kernel's crate, after a check of configuration and tools: `make` would fail
/// only after minutes.
///
/// # Errors
///
/// If the kernel is not a distribution's, or is not configured; each thing that is missing or wrong,
/// with its remedy.
pub fn state(tree: &Tree) -> Result<State> {
    let named = word(tree.named());
    let Some(build) = tree.build() else {
        bail!(
            "cannot prepare {named}: it has no configuration; name a distribution's headers, such as \
             /lib/modules/V/build, with -k DIR"
        );
    };
    let prepared = prepared::build_for(build);
    let is_built = prepared.is_none() && metadata::has_crate(tree);
    if prepared.is_none() && !is_built && !tree.is_headers_package() {
        bail!(
            "cannot prepare {named}: it is a kernel that you build yourself; build it with its kernel \
             crate: `make -C {named} LLVM=1`"
        );
    }
    let checks = doctor::examine(tree).into_iter();
    let (of_crate, others): (Vec<_>, Vec<_>) = checks
        .filter(|check| check.is_blocking() && check.subject != Subject::Source)
        .partition(|check| check.subject == Subject::KernelCrate);
    let is_damaged = !of_crate.is_empty();
    let faults = others
        .into_iter()
        .chain(of_crate.into_iter().filter(|_| is_built));
    let faults: Vec<_> = faults
        .map(|check| {
            let remedy = check.remedy.unwrap_or_default();
            format!("{}: {}; {remedy}", check.subject, check.found)
        })
        .collect();
    if !faults.is_empty() {
        bail!("cannot prepare {named}:\n{}", faults.join("\n"));
    }
    Ok(match prepared {
        _ if is_built => State::Built,
        Some(dir) if !is_damaged => State::Prepared(dir),
        _ => State::Missing(build.to_owned()),
    })
}
