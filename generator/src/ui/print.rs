// SPDX-License-Identifier: GPL-2.0-only

//! Standard output and standard error, words for a shell, and JSON for programs.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

/// Writes to standard output. A closed pipe is ignored.
///
/// # Errors
///
/// If the text cannot be written.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Returns the result of writing to standard output. A closed pipe is ignored.
///
/// # Errors
///
/// If the output could not be written.
pub fn written(result: io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// Returns a path as a word for a shell: in quotes if it has other characters than those of plain
/// names.
#[must_use]
pub fn word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Writes a warning to standard error.
pub fn warn(text: &str) {
    eprintln!("Warning: {text}");
}

/// Returns `value` as JSON, for programs.
///
/// # Errors
///
/// Never, for the values of this program.
pub fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}
