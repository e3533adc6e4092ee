// SPDX-License-Identifier: GPL-2.0-only

//! Makes the kernel crate for a distribution's kernel whose headers lack it.
//!
//! It is made in the user's own cache: the distribution's files stay as they are.

mod build;

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::doctor::{self, Subject};
use crate::kernel::{Tree, metadata, prepared};
use crate::ui::print::{List, word};

pub use build::{Prepared, build, source};

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

/// Returns the state of a kernel's crate.
///
/// # Errors
///
/// If the kernel is not a distribution's, or is not configured.
pub fn state(tree: &Tree) -> Result<State> {
    let named = word(tree.named());
    let Some(build) = tree.build() else {
        bail!(
            "cannot prepare {named}: it has no configuration; name a distribution's headers, such as \
             /lib/modules/V/build, with -k DIR"
        );
    };
    if let Some(dir) = prepared::build_for(build) {
        return Ok(State::Prepared(dir));
    }
    if metadata::has_crate(tree) {
        return Ok(State::Built);
    }
    if !tree.is_headers_package() {
        bail!(
            "cannot prepare {named}: it is a kernel that you build yourself; build it with its kernel \
             crate: `make -C {named} LLVM=1`"
        );
    }
    Ok(State::Missing(build.to_owned()))
}

/// Checks configuration and tools before the build: `make` would fail only after minutes.
///
/// # Errors
///
/// Each thing that is missing or wrong, with its remedy.
pub fn check(tree: &Tree) -> Result<()> {
    let checks = doctor::examine(tree);
    // `prepare` makes both.
    let made = [Subject::Source, Subject::KernelCrate];
    let blocking = checks
        .iter()
        .filter(|check| check.is_blocking() && !made.contains(&check.subject));
    let faults: Vec<_> = blocking
        .map(|check| {
            let remedy = check.remedy.as_deref().unwrap_or_default();
            format!("{}: {}; {remedy}", check.subject, check.found)
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
