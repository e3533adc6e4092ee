// SPDX-License-Identifier: GPL-2.0-only

//! The output of `ops`.

use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;
use tcm_bindings::{FabricOps, RequiredFrom};

use super::changes;
use crate::plan::{Changes, declarations, plan};
use crate::ui::print;
use crate::ui::table::table;

/// Support of a header by this version of the generator.
#[derive(Debug)]
struct Support {
    /// Parts of the header that a module leaves out, each with the reason.
    warnings: Vec<String>,
    /// Reasons that prevent a module.
    faults: Vec<String>,
}

impl Support {
    /// Plans a module for a header.
    fn of(model: &FabricOps) -> Self {
        match plan(model) {
            Ok(plan) => Self {
                warnings: plan.warnings,
                faults: Vec::new(),
            },
            Err(faults) => Self {
                warnings: model.warnings.clone(),
                faults: faults.iter().map(ToString::to_string).collect(),
            },
        }
    }
}

/// The ops of a header, for programs: the model with the warnings and faults of its support.
#[derive(Debug, Serialize)]
struct Ops<'a> {
    #[serde(flatten)]
    model: FabricOps,
    faults: &'a [String],
}

/// Returns the ops of a header as JSON.
///
/// # Errors
///
/// Never, for a model of this program.
pub fn json(model: &FabricOps) -> Result<String> {
    let Support { warnings, faults } = Support::of(model);
    let model = FabricOps {
        warnings,
        ..model.clone()
    };
    let faults = &faults;
    print::json(&Ops { model, faults })
}

/// Formats the ops of a header for people: `*` marks those that target core requires.
#[must_use]
pub fn text(model: &FabricOps) -> String {
    let support = Support::of(model);
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
    text.push_str(&notes_on(&support));
    if support.faults.is_empty() {
        text.push_str(
            "\nNext: tcm-mod-builder -p PROTO -m NAME writes a module that implements them\n",
        );
    }
    text
}

/// Formats the differences between two headers, and the notes on either.
#[must_use]
pub fn against(old: &FabricOps, new: &FabricOps) -> String {
    let changes = Changes::between(&declarations(old), &declarations(new));
    let lines = changes::lines(&changes);
    let supports = [old, new].map(Support::of);
    let notes = [old, new].into_iter().zip(&supports);
    let notes = notes.map(|(model, support)| match notes_on(support) {
        notes if notes.is_empty() => notes,
        notes => format!("\n{}:\n{notes}", model.header.display()),
    });
    let notes: String = notes.collect();
    let next = match (
        lines.is_empty(),
        notes.is_empty(),
        supports[1].faults.is_empty(),
    ) {
        (true, true, _) => "The same ops\n",
        (true, false, _) => "\nThe same ops, as far as they are read\n",
        (false, _, true) => {
            "\nNext: tcm-mod-builder sync DIR -k KERNEL brings a module to another kernel's ops\n"
        }
        (false, _, false) => "",
    };
    let (old, new) = (old.header.display(), new.header.display());
    format!("--- {old}\n+++ {new}\n{lines}{notes}{next}")
}

/// Formats the notes on a header; empty if it is fully supported.
fn notes_on(support: &Support) -> String {
    let mut text = String::new();
    for warning in &support.warnings {
        let _ = writeln!(text, "\nWarning: {warning}");
    }
    if !support.faults.is_empty() {
        let _ = writeln!(text, "\nNo module can be generated from this header:");
    }
    for fault in &support.faults {
        let _ = writeln!(text, "   {fault}");
    }
    text
}

/// The origin of the list of required ops.
fn required_from(model: &FabricOps) -> String {
    match &model.required_from {
        RequiredFrom::Source(path) => path.display().to_string(),
        RequiredFrom::Table => format!("a table of {}", tcm_bindings::TABLE_KERNELS),
    }
}
