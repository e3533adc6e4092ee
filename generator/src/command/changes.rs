// SPDX-License-Identifier: GPL-2.0-only

//! The differences between two headers, in lines for people.

use crate::output::manifest::Declaration;
use crate::plan::Changes;

/// A line `- …` for a declaration that is gone and `+ …` for one that is new; both lines for one
/// that has changed.
#[must_use]
pub(super) fn lines(changes: &Changes) -> String {
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
