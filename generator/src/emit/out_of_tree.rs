// SPDX-License-Identifier: GPL-2.0-only

//! What a module in a directory of its own has besides: the Makefile, DKMS's files, a page for whoever
//! finds the directory. Templates of `kernel-template/build`, copied but for the names.

use super::build_files::renamed;
use super::{Input, Place};
use crate::output::files::{Files, Owner};

/// The path of each file, and its text.
const FILES: [(&str, &str); 5] = [
    (
        ".gitignore",
        include_str!("../../../kernel-template/build/gitignore"),
    ),
    (
        "Makefile",
        include_str!("../../../kernel-template/build/Makefile"),
    ),
    (
        "README.md",
        include_str!("../../../kernel-template/build/README.md"),
    ),
    (
        "dkms-prepare.sh",
        include_str!("../../../kernel-template/build/dkms-prepare.sh"),
    ),
    (
        "dkms.conf",
        include_str!("../../../kernel-template/build/dkms.conf"),
    ),
];

/// Adds the files, if the module is built outside the kernel's tree.
pub(super) fn add(files: &mut Files, input: &Input<'_>) {
    if input.place == Place::OutOfTree {
        for (path, text) in FILES {
            files.add(
                path,
                Owner::GeneratorUntilEdited,
                renamed(text, input.names),
            );
        }
    }
}
