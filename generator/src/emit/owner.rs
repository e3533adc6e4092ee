// SPDX-License-Identifier: GPL-2.0-only

//! The ownership mark: a line below the SPDX line of each file that `sync` overwrites.
//!
//! A file without an SPDX line has no mark: the kselftest's `config`, which is a list of symbols.

use crate::module::files::{File, Owner, has_extension};

/// The text of the mark. No other line of a module has it.
const MARK: &str = "Generated: `tcm-mod-builder sync` overwrites this file";

/// Adds the mark to a file with this path.
pub(super) fn mark(path: &str, file: &mut File) {
    let until = match file.owner {
        Owner::Author => return,
        Owner::Generator => ".",
        Owner::GeneratorUntilEdited => " until it is edited.",
    };
    let (open, close) = comment(path);
    let spdx = file.text.find("SPDX-License-Identifier");
    let end = spdx.and_then(|at| Some(at + file.text[at..].find('\n')? + 1));
    if let Some(end) = end {
        let line = format!("{open}{MARK}{until}{close}\n");
        file.text.insert_str(end, &line);
    }
}

/// The delimiters of a comment in a file with this path.
fn comment(path: &str) -> (&'static str, &'static str) {
    let is = |extension| has_extension(path, extension);
    if is("rs") {
        ("// ", "")
    } else if is("c") || is("h") {
        ("/* ", " */")
    } else if is("md") {
        ("<!-- ", " -->")
    } else if is("rst") {
        (".. ", "")
    } else {
        ("# ", "")
    }
}

/// Returns the text of a file without the mark.
#[must_use]
pub fn without_mark(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !line.contains(MARK)).collect()
}
