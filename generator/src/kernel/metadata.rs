// SPDX-License-Identifier: GPL-2.0-only

//! The kernel crate's metadata, in a kernel's own build directory or in one that `prepare` has made.

use std::path::PathBuf;

use super::prepared::build_for;
use super::tree::Tree;

/// Returns the build directory with the metadata for this kernel: its own, or the prepared one. The
/// Makefile of a module chooses in the same way.
#[must_use]
pub fn crate_dir(tree: &Tree) -> Option<PathBuf> {
    let build = tree.build()?;
    let mut dirs = [Some(build.to_owned()), build_for(build)]
        .into_iter()
        .flatten();
    dirs.find(|dir| dir.join("rust/libkernel.rmeta").is_file())
}

/// Returns true if there is metadata for this kernel.
#[must_use]
pub fn has_crate(tree: &Tree) -> bool {
    crate_dir(tree).is_some()
}
