// SPDX-License-Identifier: GPL-2.0-only

//! What `ops` shows, for people and for programs.

use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;
use tcm_bindings::FabricOps;

/// `value` as JSON, for programs.
///
/// # Errors
///
/// None for the values that this program has.
pub fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// The ops of a header, for people: one a line, `*` before those that target core demands.
#[must_use]
pub fn ops(model: &FabricOps) -> String {
    let mut text = format!("{}: struct {}\n", model.header.display(), model.struct_name);
    let _ = writeln!(
        text,
        "\n{} ops (* required by target core):",
        model.ops.len()
    );
    for op in &model.ops {
        let mark = if op.required { '*' } else { ' ' };
        let _ = writeln!(text, "  {mark} {}", op.c_declaration());
    }
    let _ = writeln!(text, "\n{} attribute groups:", model.attribute_groups.len());
    for group in &model.attribute_groups {
        let _ = writeln!(text, "    {group}");
    }
    let _ = writeln!(text, "\n{} fields:", model.fields.len());
    for field in &model.fields {
        let bits = field
            .bits
            .map(|bits| format!(":{bits}"))
            .unwrap_or_default();
        let space = if field.ctype.to_string().ends_with('*') {
            ""
        } else {
            " "
        };
        let _ = writeln!(text, "    {}{space}{}{bits}", field.ctype, field.name);
    }
    for warning in &model.warnings {
        let _ = writeln!(text, "\nWarning: {warning}");
    }
    text
}
