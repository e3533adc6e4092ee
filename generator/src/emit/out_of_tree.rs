// SPDX-License-Identifier: GPL-2.0-only

//! The files that only a module in a directory of its own has: Makefile, DKMS's files, README and
//! .gitignore. They are templates of `kernel-template/build`, copied with the module's names.

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
