// SPDX-License-Identifier: GPL-2.0-only

//! Files of an out-of-tree module only: Makefile, DKMS's files, README and .gitignore; also its test,
//! which an in-tree module has elsewhere. They are templates of `kernel-template/build` with the
//! module's names.

use super::{Input, renamed, selftest};
use crate::module::files::{Files, Owner};

/// The path of each file, and its text.
const FILES: [(&str, &str); 7] = [
    (
        ".gitattributes",
        include_str!("../../../kernel-template/build/gitattributes"),
    ),
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
    (
        "tools.sh",
        include_str!("../../../kernel-template/build/tools.sh"),
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
