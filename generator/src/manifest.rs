// SPDX-License-Identifier: GPL-2.0-only

//! What a generated directory remembers: what it was made from, and what the files were like, so
//! that `--force` never takes an author's work away.
//!
//! It is a hidden file, which the kernel's .gitignore leaves out.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::emit::Input;
use crate::tree::Tree;

/// The file's name.
pub const FILE: &str = ".tcm-mod-builder.json";

/// What Kbuild leaves in a directory where a module is built.
const BUILD_PRODUCTS: [&str; 9] = [
    ".o",
    ".ko",
    ".cmd",
    ".d",
    ".mod",
    ".mod.c",
    ".symvers",
    ".order",
    "bindings_generated.rs",
];

/// What a module was generated from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    version: String,
    protocol: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    register_as: Option<String>,
    module: String,
    fabric_name: String,
    files: BTreeMap<String, String>,
}

impl Manifest {
    /// The manifest of a module.
    #[must_use]
    pub fn new(input: &Input<'_>, tree: &Tree) -> Self {
        let (names, protocol) = (input.names, input.protocol);
        let registered = (input.registered != protocol).then_some(input.registered);
        let files = tree
            .iter()
            .map(|(name, text)| (name.to_owned(), digest(text.as_bytes())));
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: protocol.name.to_owned(),
            register_as: registered.map(|protocol| protocol.name.to_owned()),
            module: names.module().to_owned(),
            fabric_name: names.fabric().to_owned(),
            files: files.collect(),
        }
    }

    /// The manifest in `dir`, if this tool has written one there.
    #[must_use]
    pub fn read(dir: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(dir.join(FILE)).ok()?).ok()
    }

    /// The manifest as it is written.
    ///
    /// # Panics
    ///
    /// Never: strings and maps of strings are always JSON.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings are JSON") + "\n"
    }

    /// The files in `dir` that are not as they were generated, or that somebody has added.
    ///
    /// # Errors
    ///
    /// If the directory cannot be read.
    pub fn changed(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut changed = Vec::new();
        for (name, expected) in &self.files {
            if fs::read(dir.join(name)).is_ok_and(|bytes| digest(&bytes) == *expected) {
                continue;
            }
            changed.push(name.clone());
        }
        for name in files_below(dir)? {
            let is_product = BUILD_PRODUCTS.iter().any(|end| name.ends_with(end));
            if name != FILE && !is_product && !self.files.contains_key(&name) {
                changed.push(name);
            }
        }
        Ok(changed)
    }
}

/// The paths of all files below `dir`, relative to it.
fn files_below(dir: &Path) -> io::Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            let below = files_below(&entry.path())?;
            files.extend(below.iter().map(|file| format!("{name}/{file}")));
        } else {
            files.push(name);
        }
    }
    Ok(files)
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
