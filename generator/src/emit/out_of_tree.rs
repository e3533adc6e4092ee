// SPDX-License-Identifier: GPL-2.0-only

//! The files that only a module in a directory of its own has: Makefile, DKMS's files, README and
//! .gitignore; and its test, which lies elsewhere in the kernel's tree. They are templates of
//! `kernel-template/build`, copied with the module's names.

use super::{Input, renamed, selftest};
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

/// Adds the files.
pub(super) fn add(files: &mut Files, input: &Input<'_>) {
    let own = Owner::GeneratorUntilEdited;
    for (path, text) in FILES {
        files.add(path, own, renamed(text, input));
    }
    files.add(selftest::FILE, own, selftest::text(input));
}
