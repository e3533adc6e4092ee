// SPDX-License-Identifier: GPL-2.0-only

//! The output of `sync`.

use std::path::Path;

use super::Update;
use crate::generate::report::{edited, steps as steps_text};
use crate::module::files::place;
use crate::module::manifest::Manifest;
use crate::ops::changes;
use crate::plan::Changes;

/// The changes between two generations of a module, and the author's steps.
#[must_use]
pub fn changes(
    old: &Manifest,
    new: &Manifest,
    changes: &Changes,
    steps: &[String],
    update: &Update,
) -> String {
    let mut text = String::new();
    if old.version != new.version {
        text.push_str(&format!(
            "From version {} to {}\n",
            old.version, new.version
        ));
    }
    text.push_str(&changes::lines(changes));
    text.push_str(&steps_text(steps));
    for (path, difference) in &update.kept {
        let path = path.trim_start_matches("../");
        text.push_str(&format!(
            "Left alone, since it was edited: {path}; the generated text differs:\n{difference}"
        ));
    }
    text
}

/// The files that were written, and the next step.
#[must_use]
pub fn files(dir: &Path, update: &Update, steps: &[String]) -> String {
    let edits = update.change.edits.iter();
    let edits: String = edits.map(|edit| edited(edit, false)).collect();
    let next = match (update.is_current, steps.is_empty()) {
        (true, true) => up_to_date(dir),
        (false, true) => "Next: build the module\n".to_owned(),
        (_, false) => "Next: do the steps above, then build the module\n".to_owned(),
    };
    edits + &next
}

/// The line for a module with nothing to write.
#[must_use]
pub fn up_to_date(dir: &Path) -> String {
    format!("Up to date: {}\n", dir.display())
}

/// The reason for not overwriting edited files of the module in `dir`.
#[must_use]
pub fn refusal(dir: &Path, edited: &[(String, String)]) -> String {
    let files = edited
        .iter()
        .map(|(path, _)| place(dir, path).display().to_string());
    let files: Vec<_> = files.collect();
    let differences: String = edited.iter().map(|(_, text)| text.as_str()).collect();
    let fault = match files.len() {
        1 => "it has been edited since it was generated",
        _ => "they have been edited since they were generated",
    };
    format!(
        "cannot overwrite {}: {fault}; move your changes to a file of your own, or pass --force to \
         discard these:\n{}",
        files.join(", "),
        differences.trim_end()
    )
}
