// SPDX-License-Identifier: GPL-2.0-only

//! What `ops` and `protocols` show, for people and for programs.

use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;
use tcm_bindings::FabricOps;

use crate::protocol::PROTOCOLS;

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
        "\n{} ops (* demanded by target core):",
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

/// What `other` has more (`+`) or less (`-`) than `model`.
#[must_use]
pub fn differences(model: &FabricOps, other: &FabricOps) -> String {
    let mut text = format!(
        "--- {}\n+++ {}\n",
        model.header.display(),
        other.header.display()
    );
    let (before, after) = (declarations(model), declarations(other));
    let gone = before
        .iter()
        .filter(|line| !after.contains(line))
        .map(|line| ('-', line));
    let new = after
        .iter()
        .filter(|line| !before.contains(line))
        .map(|line| ('+', line));
    for (mark, line) in gone.chain(new) {
        let _ = writeln!(text, "{mark} {line}");
    }
    text
}

fn declarations(model: &FabricOps) -> Vec<String> {
    let ops = model.ops.iter().map(|op| {
        let demanded = if op.required { " (demanded)" } else { "" };
        format!("{}{demanded}", op.c_declaration())
    });
    let groups = model
        .attribute_groups
        .iter()
        .map(|group| format!("attributes {group}"));
    let fields = model
        .fields
        .iter()
        .map(|field| format!("field {} {}", field.ctype, field.name));
    ops.chain(groups).chain(fields).collect()
}

/// The protocols, for people.
#[must_use]
pub fn protocols() -> String {
    let mut text = String::new();
    for protocol in &PROTOCOLS {
        let names: Vec<_> = [protocol.name]
            .iter()
            .chain(protocol.aliases)
            .copied()
            .collect();
        let reservations = match protocol.no_reservations_because {
            None => "yes".to_owned(),
            Some(reason) => format!("no, {reason}"),
        };
        let _ = writeln!(
            text,
            "{:#x}  {} ({})",
            protocol.id,
            names.join(", "),
            protocol.title
        );
        let _ = writeln!(text, "     port names: {}", protocol.names());
        let _ = writeln!(text, "     TransportID: {}", protocol.transport_id);
        let _ = writeln!(
            text,
            "     persistent reservations in target core: {reservations}"
        );
        for name in protocol.may_register_as {
            let _ = writeln!(text, "     with --register-as {name}: yes, as {name}");
        }
    }
    text
}
