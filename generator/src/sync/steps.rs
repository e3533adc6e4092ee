// SPDX-License-Identifier: GPL-2.0-only

//! Steps that are left to the author of a driver after a change of the header's declarations, or of the
//! layer's interface.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::Update;
use crate::generate::Method;
use crate::module::files::Owner;
use crate::module::manifest::Manifest;
use crate::names::{c_ident, constant};
use crate::plan::{Change, Changes, KNOWN_FIELDS};

/// Replaced parts of the layer's interface: the text in drivers of an earlier version, and the steps.
const REPLACED: [(&str, &[&str]); 11] = [
    (
        "impl kernel::Module for",
        &[
            "replace `module!` by `module_target_fabric!` of `crate::target`, with `type: Fabric`",
            "remove the type of the module and its `impl kernel::Module`: the layer has both",
            "remove `Registration` from the imports",
        ],
    ),
    (
        "Login<",
        &["replace `Login` of `crate::target` by `SessionData`, its new name"],
    ),
    (
        "ARef<Tpg<",
        &["replace `ARef<Tpg<Fabric>>` of `crate::target` by `RmdirGuard<Fabric>`, its new name"],
    ),
    (
        "c_str(se_tpg.wwn()",
        &[
            "keep the name of a target port as a `CString`, made by `target::c_str`, which returns a `Result`",
        ],
    ),
    (
        "rcu::Slot",
        &[
            "replace `rcu::Slot` by `slot::Slot`, pinned in its struct and initialized by `<- Slot::new()`",
            "read it by `read()`, without a guard: a value from it keeps what `replace` returns",
            "declare `mod slot;` in the driver, as `mod rcu;`",
        ],
    ),
    (
        "Result<Self::Data>",
        &[
            "`init` returns `Result<impl PinInit<Self::Data, Error>>`; `target::by_value` makes it of a value",
        ],
    ),
    (
        "Result<Self::Np>",
        &["`fabric_make_np` returns `Result<impl PinInit<Self::Np, Error>>`"],
    ),
    (
        "map_err(|(error, _)| error)",
        &["`Nexus::new` takes an initializer of the session's data, and its error converts by `?`"],
    ),
    (
        "Right<Fabric =",
        &["replace `Right` of `crate::target` by `QueuedCmd`, its new name"],
    ),
    (
        "Result<(), Response<",
        &[
            "`queue_data_in` and `queue_status` return `Result<(), Retry<'_, Self>>`, with `Retry` of \
             `crate::target`; a response is given back by `Err(response.retry())`",
        ],
    ),
    (
        "submit_counted(",
        &[
            "replace `submit_counted` by `submit`: a reference to a command comes from `Response::keep`",
        ],
    ),
];

/// Names in build files without which a module does not build: the file that the probes write, and the
/// helpers of the layer.
const NEEDED: [&str; 2] = ["kernel_cfg", "target_helpers"];

/// Returns the author's steps.
#[must_use]
pub fn steps(
    dir: &Path,
    manifest: &Manifest,
    changes: &Changes,
    methods: &BTreeMap<String, Method>,
    update: &Update,
) -> Vec<String> {
    let author = Author::read(dir, manifest);
    let ops = changes.ops.iter();
    let fields = changes.fields.iter();
    ops.filter_map(|change| op(&author, change, methods.get(&change.name)))
        .chain(fields.filter_map(|change| field(&author, change)))
        .chain(replaced(&author))
        .chain(build_files(update))
        .collect()
}

/// The steps that edited build files leave to the author.
fn build_files(update: &Update) -> impl Iterator<Item = String> {
    let lacks = |difference: &str, name: &str| {
        let mut lines = difference.lines();
        lines.any(|line| line.starts_with('+') && line.contains(name))
    };
    let kept = update.kept.iter();
    kept.flat_map(move |(path, difference)| {
        let lacking = NEEDED
            .into_iter()
            .filter(move |name| lacks(difference, name));
        lacking.map(move |name| {
            format!("{path}: add the lines with `{name}`, without which the module does not build")
        })
    })
}

/// The steps that replace uses of interfaces that the layer no longer has.
fn replaced(author: &Author) -> impl Iterator<Item = String> {
    REPLACED.iter().flat_map(|(text, steps)| {
        let files = author.files_with(text);
        files.flat_map(|file| steps.iter().map(move |step| format!("{file}: {step}")))
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
        self.files_with(wanted).next()
    }

    /// The files with this text, at the start of a word.
    fn files_with(&self, wanted: &str) -> impl Iterator<Item = &str> {
        let found = self.0.iter();
        let found = found.filter(move |(_, text)| {
            text.match_indices(wanted).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                !before.is_some_and(|before| before.is_alphanumeric() || before == '_')
            })
        });
        found.map(|(path, _)| path.as_str())
    }
}

/// The author's step after the change of an op.
fn op(author: &Author, change: &Change, method: Option<&Method>) -> Option<String> {
    let name = c_ident(&change.name);
    let place = author.file_with(&format!("fn {name}("));
    match (place, method) {
        (Some(file), None) => Some(format!("remove `fn {name}` from {file}")),
        (Some(file), Some(method)) => Some(format!(
            "{file}: `fn {name}` must be `{}`",
            method.signature
        )),
        (None, Some(method)) if method.required => Some(format!(
            "{}: add `{}` to `impl Operations for Fabric`",
            author.driver(),
            method.signature
        )),
        (None, Some(method)) if change.old.is_none() => Some(format!(
            "{}: add `{}` to `impl Operations for Fabric`, if the driver has a use for it",
            author.driver(),
            method.signature
        )),
        (None, _) => None,
    }
}

/// The author's step after the change of a field or attribute group.
fn field(author: &Author, change: &Change) -> Option<String> {
    let is_known = KNOWN_FIELDS.iter().any(|field| field.name == change.name);
    if change.new.is_some() || is_known {
        return None;
    }
    let constant = constant(&change.name);
    let file = author.file_with(&format!("const {constant}:"))?;
    Some(format!("remove `const {constant}` from {file}"))
}
