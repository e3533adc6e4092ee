// SPDX-License-Identifier: GPL-2.0-only

//! Emits a module: from a checked plan to files in memory.
//!
//! Emitters do not touch a file system and cannot fail. `target/ops.rs`, which depends on the header, is
//! made of tokens. All other files are files or fragments of `kernel-template/` with the module's names.

mod build_files;
mod driver;
mod in_tree;
mod kunit;
mod layer;
mod ops;
mod out_of_tree;
mod owner;
mod page;
mod rust;
mod selftest;
mod userland;

use crate::data_path::DataPath;
use crate::module::files::{Files, Owner};
use crate::names::{self, NameError, Names};
use crate::plan::Plan;
use crate::protocol::Protocol;

pub use driver::signature_mismatches;
pub use in_tree::by_hand;
pub use ops::{method_signature, text as ops_text};
pub use owner::without_mark;

/// The destination of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The kernel's own tree, below `drivers/target`.
    InTree,
    /// A directory of its own, built with `M=`.
    OutOfTree,
}

/// The input of the emitters.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The ops, checked.
    pub plan: &'a Plan<'a>,
    /// The protocol.
    pub protocol: &'static Protocol,
    /// The protocol that the module registers with target core.
    pub registered: &'static Protocol,
    /// The names.
    pub names: &'a Names,
    /// The destination.
    pub destination: Destination,
    /// The data path.
    pub data_path: &'a DataPath,
}

/// Emits every file of the module.
///
/// # Errors
///
/// If the driver's file would have the name of another file.
pub fn module(input: &Input<'_>) -> Result<Files, NameError> {
    let names = input.names;
    let mut files = others(input);
    let name = names.module();
    if let Some(file) = namesake(&files, name) {
        let fault = format!(
            "the module has another file of this name, {file}; choose another, such as tcm_{name}_rust"
        );
        return Err(NameError::module(name, fault));
    }
    let driver = driver::text(input);
    files.add(&driver_path(names), Owner::Author, driver);
    for (path, file) in files.iter_mut() {
        owner::mark(path, file);
    }
    Ok(files)
}

/// The path of the driver.
#[must_use]
pub fn driver_path(names: &Names) -> String {
    format!("{}.rs", names.module())
}

/// Replaces the names of a template by the module's. Templates are written for the iSCSI module
/// `tcm_nab5000`, so the names of the protocol are replaced too.
fn renamed(template: &str, input: &Input<'_>) -> String {
    let mut names = input.names.placeholders();
    names.push(("iSCSI", input.protocol.title.to_owned()));
    names.push(("ISCSI", input.registered.constant.to_owned()));
    names::renamed(template, &names)
}

/// The files other than the driver.
fn others(input: &Input<'_>) -> Files {
    let mut files = Files::default();
    layer::add(&mut files, input);
    build_files::add(&mut files, input);
    match input.destination {
        Destination::InTree => in_tree::add(&mut files, input),
        Destination::OutOfTree => {
            out_of_tree::add(&mut files, input);
            userland::add(&mut files, input);
        }
    }
    files.add(
        "transport_id.rs",
        Owner::Generator,
        input.protocol.source.to_owned(),
    );
    for (path, text) in input.protocol.helpers {
        files.add(path, Owner::Generator, (*text).to_owned());
    }
    kunit::add(&mut files, input);
    for source in input.data_path.parts.iter().flat_map(|part| part.sources) {
        let text = renamed(source.text, input);
        files.add(source.path, source.owner, text);
    }
    files
}

/// The file that a driver of this name would clash with: one of the same path, or one that Kbuild compiles
/// to the same object.
fn namesake(files: &Files, module: &str) -> Option<String> {
    let paths = files.iter().map(|(path, _)| path);
    let mut sources = paths.chain(build_files::BUILT);
    let found = sources.find(|path| {
        let stem = path.strip_suffix(".rs").or(path.strip_suffix(".c"));
        stem == Some(module)
    });
    found.map(ToOwned::to_owned)
}
