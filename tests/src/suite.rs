// SPDX-License-Identifier: GPL-2.0-only

//! All tests of the project, host and guest, in one go: what CI runs.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::kernel::{CURRENT, Flavour, LTS, get, source};
use crate::lint::lint;
use crate::shell::checkout;

/// Gets what the tests need, then runs them all.
///
/// # Errors
///
/// The first step that failed.
pub fn test() -> Result<()> {
    // First what takes long, so that no test seems to hang.
    get(CURRENT, Flavour::Debug)?;
    get(LTS, Flavour::Plain)?;
    source("7.2")?;
    cargo(&["fmt", "--check"])?;
    cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?;
    println!("linting the generated modules");
    lint()?;
    // The tests that boot guests are ignored by a plain `cargo test`; one at a time is as much as a
    // small machine can do.
    cargo(&[
        "test",
        "--workspace",
        "--",
        "--include-ignored",
        "--test-threads=1",
    ])
}

fn cargo(args: &[&str]) -> Result<()> {
    println!("cargo {}", args.join(" "));
    let mut cargo = Command::new("cargo");
    let status = cargo
        .args(args)
        .current_dir(checkout())
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("cargo {} failed", args.join(" "));
    }
    Ok(())
}
