// SPDX-License-Identifier: GPL-2.0-only

//! All tests of the project, host and guest, in one go: what CI runs.

use std::ffi::OsStr;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::kernel::{BETWEEN, CURRENT, Flavour, Kernel, LTS, get, source};
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

/// The kernel for what need not be watched by checkers: the one that the other tests need too, or
/// for a full run the current one.
///
/// # Errors
///
/// As [`get`].
pub fn unwatched() -> Result<Kernel> {
    let version = match Length::of_this_run() {
        Length::Short => LTS,
        Length::Full => CURRENT,
    };
    get(version, Flavour::Plain)
}

/// Gets what the tests need, then runs them all.
///
/// # Errors
///
/// The first step that failed.
pub fn test(length: Length) -> Result<()> {
    // First what takes long, so that no test seems to hang.
    get(CURRENT, Flavour::Debug)?;
    get(LTS, Flavour::Plain)?;
    source(BETWEEN)?;
    if length == Length::Full {
        get(CURRENT, Flavour::Plain)?;
        get(BETWEEN, Flavour::Plain)?;
    }
    run(cargo().args(["fmt", "--check"]))?;
    run(cargo()
        .args(["clippy", "--workspace", "--all-targets"])
        .args(["--", "-D", "warnings"]))?;
    println!("linting the generated modules");
    lint()?;
    // The tests that boot guests are ignored by a plain `cargo test`; one at a time is as much as a
    // small machine can do.
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--", "--include-ignored"]);
    // What a test has compared is of use when it passes, too.
    tests.args(["--test-threads=1", "--show-output"]);
    if length == Length::Full {
        tests.env(FULL, "1");
    }
    run(&mut tests)
}

fn cargo() -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(checkout());
    cargo
}

fn run(cargo: &mut Command) -> Result<()> {
    let args: Vec<_> = cargo.get_args().map(OsStr::to_string_lossy).collect();
    let args = args.join(" ");
    println!("cargo {args}");
    let status = cargo.status().context("cannot run cargo")?;
    ensure!(status.success(), "cargo {args} failed");
    Ok(())
}
