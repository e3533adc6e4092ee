// SPDX-License-Identifier: GPL-2.0-only

//! Builds of modules that are not in the kernel's tree.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use super::Kernel;
use crate::shell::{is_directory, is_step, logged, text};

/// Builds the module in `dir` for `kernel`, with further arguments of make. Returns the output of
/// make.
///
/// # Errors
///
/// If make fails, or prints anything except its steps, such as a warning.
pub fn build(kernel: &Kernel, dir: &Path, args: &[&str]) -> Result<String> {
    let log = dir.join("make.log");
    let _using = kernel.unchanged()?;
    let mut make = kernel.make();
    make.arg(format!("M={}", dir.display())).args(args);
    let result = logged(&mut make, &log);
    let said = text(&log);
    fs::remove_file(&log)?;
    result?;
    let is_expected = |line: &str| line.is_empty() || is_step(line) || is_directory(line);
    if !said.lines().all(is_expected) {
        bail!("make prints messages in {}:\n{}", dir.display(), said);
    }
    Ok(said)
}

/// Tries to build the module in `dir`. Returns the output of make, even if it fails.
///
/// # Errors
///
/// If the kernel cannot be locked.
pub fn attempt(kernel: &Kernel, dir: &Path) -> Result<String> {
    let log = dir.join("make.log");
    let _using = kernel.unchanged()?;
    let mut make = kernel.make();
    let _ = logged(make.arg(format!("M={}", dir.display())), &log);
    Ok(text(&log))
}
