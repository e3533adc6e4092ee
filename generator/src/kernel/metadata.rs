// SPDX-License-Identifier: GPL-2.0-only

//! The kernel crate's metadata, in a kernel's own build directory or in one that `prepare` has made.

use std::path::{Path, PathBuf};

use super::prepared::build_for;
use super::tree::Tree;

/// The files that rustc reads of the kernel crate, in `rust/` of the build directory.
const METADATA: [&str; 4] = [
    "libcore.rmeta",
    "libbindings.rmeta",
    "libkernel.rmeta",
    "libmacros.so",
];

/// The build directory with the metadata for this kernel: its own, or the prepared one.
#[must_use]
pub fn crate_dir(tree: &Tree) -> Option<PathBuf> {
    let build = tree.build()?;
    if lacking(build).is_empty() {
        return Some(build.to_owned());
    }
    build_for(build).filter(|dir| lacking(dir).is_empty())
}

/// Returns true if the metadata for this kernel is complete.
#[must_use]
pub fn has_crate(tree: &Tree) -> bool {
    crate_dir(tree).is_some()
}

/// The files of the metadata that a build directory lacks.
#[must_use]
pub fn lacking(build: &Path) -> Vec<&'static str> {
    let mut files = METADATA.to_vec();
    files.retain(|file| !build.join("rust").join(file).is_file());
    files
}
