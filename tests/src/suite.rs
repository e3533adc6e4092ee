// SPDX-License-Identifier: GPL-2.0-only

//! All tests of the project, host and guest, in one go: what CI runs.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::kernel::{CURRENT, Flavour, LTS, get, source};
use crate::lint::lint;
use crate::shell::checkout;

/// How long the tests may take that can be as long as one likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Minutes in all.
    Short,
    /// Hours: what a release is to pass.
    Full,
}

/// What tells the tests of [`Length::Full`].
const FULL: &str = "TCM_TEST_FULL";

impl Length {
    /// The length that these tests are run with.
    #[must_use]
    pub fn of_this_run() -> Self {
        match std::env::var_os(FULL) {
            Some(_) => Self::Full,
            None => Self::Short,
        }
    }
}

/// Gets what the tests need, then runs them all.
///
/// # Errors
///
/// The first step that failed.
pub fn test(length: Length) -> Result<()> {
    // First what takes long, so that no test seems to hang.
    get(CURRENT, Flavour::Debug)?;
    if length == Length::Full {
        get(CURRENT, Flavour::Plain)?;
    }
    get(LTS, Flavour::Plain)?;
    source("7.2")?;
    cargo(&["fmt", "--check"], length)?;
    cargo(
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
        length,
    )?;
    println!("linting the generated modules");
    lint()?;
    // The tests that boot guests are ignored by a plain `cargo test`; one at a time is as much as a
    // small machine can do.
    cargo(
        &[
            "test",
            "--workspace",
            "--",
            "--include-ignored",
            "--test-threads=1",
            // What a test has compared is of use when it passes, too.
            "--show-output",
        ],
        length,
    )
}

fn cargo(args: &[&str], length: Length) -> Result<()> {
    println!("cargo {}", args.join(" "));
    let mut cargo = Command::new("cargo");
    if length == Length::Full {
        cargo.env(FULL, "1");
    }
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
