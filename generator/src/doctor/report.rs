// SPDX-License-Identifier: GPL-2.0-only

//! The output of `doctor`.

use anyhow::Result;
use serde::Serialize;

use super::check::Check;
use crate::kernel::Tree;
use crate::ui::print::{self, word};

/// The checks, for programs.
#[derive(Serialize)]
struct Report<'a> {
    kernel: String,
    release: Option<String>,
    ok: bool,
    checks: &'a [Check],
}

/// Returns the checks as JSON.
///
/// # Errors
///
/// Never, for the checks of this program.
pub fn json(tree: &Tree, checks: &[Check]) -> Result<String> {
    print::json(&Report {
        kernel: tree.named().display().to_string(),
        release: tree.release(),
        ok: blocking(checks).next().is_none(),
        checks,
    })
}

/// Formats the checks for people, and the next step if a module can be built.
#[must_use]
pub fn text(tree: &Tree, checks: &[Check]) -> String {
    let named = word(tree.named());
    let release = tree
        .release()
        .unwrap_or_else(|| "of unknown version".to_owned());
    let text = format!("Linux {release}, {named}\n\n{}", table(checks));
    if blocking(checks).next().is_some() {
        return text;
    }
    let destination = if tree.is_headers_package() {
        " -o DIR"
    } else {
        ""
    };
    format!(
        "{text}\nA module can be built for this kernel.\n\
         Next: tcm-mod-builder -p PROTO -m NAME{destination} -k {named}\n"
    )
}

/// The reason why no module can be built, if a check is blocking.
#[must_use]
pub fn refusal(tree: &Tree, checks: &[Check]) -> Option<String> {
    let subjects: Vec<_> = blocking(checks)
        .map(|check| check.subject.to_string())
        .collect();
    let (named, listed) = (word(tree.named()), subjects.join(", "));
    let verb = match subjects.len() {
        0 => return None,
        1 => "is",
        _ => "are",
    };
    Some(format!(
        "cannot build a module for {named}: {listed} {verb} missing or wrong; the table has a remedy for \
         each"
    ))
}

/// The blocking checks.
fn blocking(checks: &[Check]) -> impl Iterator<Item = &Check> {
    checks.iter().filter(|check| check.is_blocking())
}

/// Formats the checks: a line each, with the remedy below it.
fn table(checks: &[Check]) -> String {
    let lines = checks.iter().map(|check| {
        let remedy = check
            .remedy
            .iter()
            .map(|remedy| format!("{:23}-> {remedy}\n", ""));
        let remedy: String = remedy.collect();
        let (status, subject) = (check.status, check.subject);
        format!("{status:8} {subject:13} {}\n{remedy}", check.found)
    });
    lines.collect()
}
