// SPDX-License-Identifier: GPL-2.0-only

//! Standard output and standard error.

use std::fmt;
use std::io::Write;

/// Writes to standard output. A reader that has gone away is no fault.
pub fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Writes a warning to standard error.
pub fn warn(text: &str) {
    eprintln!("Warning: {text}");
}

/// Faults that are reported together, one a line.
#[derive(Debug)]
pub struct List(pub Vec<String>);

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}
