// SPDX-License-Identifier: GPL-2.0-only

//! Files of an out-of-tree module only: Makefile, DKMS's files, README and .gitignore; also its test,
//! which an in-tree module has elsewhere. They are templates of `kernel-template/build` with the
//! module's names.

use super::{Input, renamed, selftest};
use crate::module::files::{Files, Owner};

/// The path of each file, and its text.
const FILES: [(&str, &str); 7] = [
    (".gitattributes", template!("build/gitattributes")),
    (".gitignore", template!("build/gitignore")),
    ("Makefile", template!("build/Makefile")),
    ("README.md", template!("build/README.md")),
    ("dkms-prepare.sh", template!("build/dkms-prepare.sh")),
    ("dkms.conf", template!("build/dkms.conf")),
    ("tools.sh", template!("build/tools.sh")),
];

/// Adds the files.
pub(super) fn add(files: &mut Files, input: &Input<'_>) {
    let own = Owner::GeneratorUntilEdited;
    for (path, text) in FILES {
        files.add(path, own, renamed(text, input));
    }
    files.add(selftest::FILE, own, selftest::text(input));
}
