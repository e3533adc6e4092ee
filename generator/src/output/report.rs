// SPDX-License-Identifier: GPL-2.0-only

//! The output of `ops`, for people and for programs.

use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;
use tcm_bindings::{FabricOps, RequiredFrom};

use super::table::table;

/// `value` as JSON, for programs.
///
/// # Errors
///
/// Never, for the values that this program has.
pub fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// The verdict of generating on a header.
#[derive(Debug)]
pub struct Verdict {
    /// Everything that is left out of a module, and why.
    pub warnings: Vec<String>,
    /// The reasons why no module can be generated.
    pub faults: Vec<String>,
}

/// The ops of a header, for programs: the model, with the verdict's warnings, and its faults.
#[derive(Debug, Serialize)]
pub struct Ops<'a> {
    #[serde(flatten)]
    model: FabricOps,
    faults: &'a [String],
}

impl<'a> Ops<'a> {
    /// Puts model and verdict together.
    #[must_use]
    pub fn new(model: &FabricOps, verdict: &'a Verdict) -> Self {
        let mut model = model.clone();
        model.warnings.clone_from(&verdict.warnings);
        Self {
            model,
            faults: &verdict.faults,
        }
    }
}

/// The ops of a header, for people: `*` before those that target core requires.
#[must_use]
pub fn ops(model: &FabricOps, verdict: &Verdict) -> String {
    let mut text = format!("{}: struct {}\n", model.header.display(), model.struct_name);
    let _ = writeln!(
        text,
        "\n{} ops (* required by target core, says {}):",
        model.ops.len(),
        required_from(model)
    );
    let rows = model.ops.iter().map(|op| {
        let mark = if op.required { "*" } else { "" };
        [mark.to_owned(), op.c_declaration()]
    });
    let missing = model.missing.iter().map(|name| {
        let text = format!("{name}: required, and not in the struct");
        ["*".to_owned(), text]
    });
    text.push_str(&table(["", "OP"], rows.chain(missing)));
    let _ = writeln!(text, "\n{} attribute groups:", model.attribute_groups.len());
    for group in &model.attribute_groups {
        let _ = writeln!(text, "   {group}");
    }
    let _ = writeln!(text, "\n{} fields:", model.fields.len());
    for field in &model.fields {
        let _ = writeln!(text, "   {}", field.c_declaration());
    }
    text + &notes(verdict)
}

/// The verdict, for people; empty if there is nothing to say.
#[must_use]
pub fn notes(verdict: &Verdict) -> String {
    let mut text = String::new();
    for warning in &verdict.warnings {
        let _ = writeln!(text, "\nWarning: {warning}");
    }
    if !verdict.faults.is_empty() {
        let _ = writeln!(text, "\nNo module can be generated from this header:");
    }
    for fault in &verdict.faults {
        let _ = writeln!(text, "   {fault}");
    }
    text
}

/// A sentence on where the list of required ops comes from.
fn required_from(model: &FabricOps) -> String {
    match &model.required_from {
        RequiredFrom::Source(path) => path.display().to_string(),
        RequiredFrom::Table => format!("a table of {}", tcm_bindings::TABLE_KERNELS),
    }
}
