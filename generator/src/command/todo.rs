// SPDX-License-Identifier: GPL-2.0-only

//! The steps that are left to the author of a driver: when the header's declarations change, and when
//! a newer version of the layer replaces what the driver uses.

use std::fs;
use std::path::Path;

use crate::emit::method_signature;
use crate::names::{c_ident, constant};
use crate::output::files::Owner;
use crate::output::manifest::Manifest;
use crate::plan::{Change, Changes, KNOWN_FIELDS, Plan};

/// Replacements in the layer: a text that drivers of an earlier version have, and the steps to replace
/// it.
const REPLACED: [(&str, &[&str]); 1] = [(
    "impl kernel::Module for",
    &[
        "replace `module!` by `module_target_fabric!` of `crate::target`, with `type: Fabric`",
        "remove the type of the module and its `impl kernel::Module`: the layer has both",
        "remove `Registration` from the imports",
    ],
)];

/// The steps as lines for people.
pub(super) fn lines(steps: &[String]) -> String {
    steps
        .iter()
        .map(|step| format!("To do: {step}\n"))
        .collect()
}

/// The steps.
pub(super) fn todo(
    dir: &Path,
    manifest: &Manifest,
    changes: &Changes,
    plan: &Plan<'_>,
) -> Vec<String> {
    let author = Author::read(dir, manifest);
    let ops = changes.ops.iter();
    let fields = changes.fields.iter();
    ops.filter_map(|change| op(&author, change, plan))
        .chain(fields.filter_map(|change| field(&author, change)))
        .chain(replaced(&author))
        .collect()
}

/// The steps to replace what the layer has no longer.
fn replaced(author: &Author) -> impl Iterator<Item = String> {
    REPLACED.iter().flat_map(|(text, steps)| {
        let file = author.file_with(text);
        let steps = file.map(|file| steps.iter().map(move |step| format!("{file}: {step}")));
        steps.into_iter().flatten()
    })
}

/// The author's files, by path; the driver is the first.
struct Author(Vec<(String, String)>);

impl Author {
    fn read(dir: &Path, manifest: &Manifest) -> Self {
        let driver = format!("{}.rs", manifest.request.module);
        let own = manifest
            .files()
            .filter(|(path, owner)| *owner == Owner::Author && *path != driver)
            .map(|(path, _)| path.to_owned());
        let paths: Vec<_> = [driver.clone()].into_iter().chain(own).collect();
        let text = |path: &String| fs::read_to_string(dir.join(path)).unwrap_or_default();
        Self(
            paths
                .into_iter()
                .map(|path| (path.clone(), text(&path)))
                .collect(),
        )
    }

    /// The driver.
    fn driver(&self) -> &str {
        &self.0[0].0
    }

    /// The file that has this text.
    fn file_with(&self, wanted: &str) -> Option<&str> {
        let found = self.0.iter().find(|(_, text)| text.contains(wanted));
        found.map(|(path, _)| path.as_str())
    }
}

/// What an op's change asks of the author.
fn op(author: &Author, change: &Change, plan: &Plan<'_>) -> Option<String> {
    let name = &change.name;
    let method = c_ident(name);
    let place = author.file_with(&format!("fn {method}("));
    let slot = plan.slots.iter().find(|slot| slot.op.name == *name);
    let signature = slot.and_then(|slot| {
        let method = slot.method()?;
        Some((method_signature(slot.op, method), slot.op.required))
    });
    match (place, signature) {
        (Some(file), None) => Some(format!("remove `fn {method}` from {file}")),
        (Some(file), Some((signature, _))) => {
            Some(format!("{file}: `fn {method}` must be `{signature}`"))
        }
        (None, Some((signature, true))) => Some(format!(
            "{}: add `{signature}` to `impl Operations for Fabric`",
            author.driver()
        )),
        (None, Some((signature, false))) if change.old.is_none() => Some(format!(
            "{}: add `{signature}` to `impl Operations for Fabric`, if the driver has a use for it",
            author.driver()
        )),
        (None, _) => None,
    }
}

/// What the change of a field or attribute group asks of the author.
fn field(author: &Author, change: &Change) -> Option<String> {
    let is_known = KNOWN_FIELDS.iter().any(|field| field.name == change.name);
    if change.new.is_some() || is_known {
        return None;
    }
    let constant = constant(&change.name);
    let file = author.file_with(&format!("const {constant}:"))?;
    Some(format!("remove `const {constant}` from {file}"))
}
