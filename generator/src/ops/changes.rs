// SPDX-License-Identifier: GPL-2.0-only

//! The differences between two headers, in lines for people.

use crate::module::manifest::Declaration;
use crate::plan::Changes;

/// Formats the differences: `- …` for a removed declaration, `+ …` for a new one, both for a changed
/// one.
#[must_use]
pub fn lines(changes: &Changes) -> String {
    let mut text = String::new();
    for change in changes.iter() {
        for (mark, declaration) in [('-', &change.old), ('+', &change.new)] {
            if let Some(declaration) = declaration {
                text.push_str(&format!("{mark} {}\n", line(declaration)));
            }
        }
    }
    text
}

fn line(declaration: &Declaration) -> String {
    let required = if declaration.required {
        " (required)"
    } else {
        ""
    };
    format!("{}{required}", declaration.c)
}
