// SPDX-License-Identifier: GPL-2.0-only

//! Standard output and standard error, and JSON for programs.

use std::fmt;
use std::io::Write;

use anyhow::Result;
use serde::Serialize;

/// Writes to standard output. A closed pipe is ignored.
pub fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
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

/// Faults that are reported together, one a line.
#[derive(Debug)]
pub struct List(pub Vec<String>);

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}
