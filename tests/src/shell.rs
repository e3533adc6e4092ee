// SPDX-License-Identifier: GPL-2.0-only

//! Runs other programs: their output goes to a log, and an error names the program and the log.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use rustix::fs::FlockOperation;

/// The directory of everything that takes long to get: kernels and tools, outside the checkout.
///
/// # Errors
///
/// If neither `TCM_CACHE`, `XDG_CACHE_HOME` nor `HOME` is set, or the directory cannot be made.
pub fn cache() -> Result<PathBuf> {
    let xdg = || {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
        cache.or(home).map(|dir| dir.join("tcm-mod-builder"))
    };
    let named = std::env::var_os("TCM_CACHE").map(PathBuf::from);
    let dir = named
        .or_else(xdg)
        .context("no place for a cache: set TCM_CACHE to a directory")?;
    fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(fs::canonicalize(dir)?)
}

/// The checkout.
#[must_use]
pub fn checkout() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// Waits for the lock `how` on a directory, and holds it until the result is dropped. The lock
/// binds those that call this, in this process and in others.
///
/// # Errors
///
/// If the directory is not there, or its file system knows no locks.
pub fn lock(dir: &Path, how: FlockOperation) -> Result<File> {
    let file = File::open(dir).with_context(|| format!("no directory {}", dir.display()))?;
    rustix::fs::flock(&file, how).with_context(|| format!("cannot lock {}", dir.display()))?;
    Ok(file)
}

/// Runs a command to its end. Its output goes to `log`, whose end is shown if it fails.
///
/// # Errors
///
/// If the command cannot be run or fails.
pub fn logged(command: &mut Command, log: &Path) -> Result<()> {
    let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .status()
        .with_context(|| format!("cannot run {}", name(command)))?;
    if status.success() {
        return Ok(());
    }
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    let end = lines[lines.len().saturating_sub(40)..].join("\n");
    bail!(
        "{} failed ({status}); the end of {}:\n{end}",
        name(command),
        log.display()
    );
}

/// Runs a command to its end and returns its standard output.
///
/// # Errors
///
/// If the command cannot be run or fails; the error has its output.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}", name(command)))?;
    if !output.status.success() {
        // Some programs report errors on standard output.
        let said = [output.stderr, output.stdout].concat();
        bail!(
            "{} failed ({}): {}",
            name(command),
            output.status,
            String::from_utf8_lossy(&said).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The text of a file, empty if there is none.
#[must_use]
pub fn text(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn name(command: &Command) -> String {
    let args = command.get_args().map(|arg| arg.to_string_lossy());
    let words: Vec<_> = [command.get_program().to_string_lossy()]
        .into_iter()
        .chain(args)
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(160) {
        Some((at, _)) => format!("`{}…`", &line[..at]),
        None => format!("`{line}`"),
    }
}
