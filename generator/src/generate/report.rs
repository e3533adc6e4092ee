// SPDX-License-Identifier: GPL-2.0-only

//! The report on a new module: the files written, and the commands to type next.

use std::path::Path;

use crate::emit;
use crate::kernel::Tree;
use crate::names::Names;
use crate::output::install::{Change, Directory};

/// Lists the files that have changed, or would change.
#[must_use]
pub fn files(change: &Change, dry_run: bool) -> String {
    let (write, edit) = if dry_run {
        ("Would write file", "Would change file")
    } else {
        ("Writing file", "Changing file")
    };
    let mut text = match &change.directory {
        Directory::Keep => format!("Unchanged: {}\n", change.dir.display()),
        Directory::Create(contents) | Directory::Replace(contents) => {
            let paths = contents.files.iter().map(|(path, _)| change.dir.join(path));
            paths
                .map(|path| format!("{write}: {}\n", path.display()))
                .collect()
        }
    };
    for changed in change.outside.iter().chain(&change.edits) {
        let verb = if changed.old.is_none() { write } else { edit };
        text.push_str(&format!("{verb}: {}\n", changed.path.display()));
    }
    text
}

/// Formats the steps that are left to the author.
#[must_use]
pub fn steps(steps: &[String]) -> String {
    steps
        .iter()
        .map(|step| format!("To do: {step}\n"))
        .collect()
}

/// The commands to type next for a module in the kernel's own tree.
#[must_use]
pub fn next_in_tree(names: &Names) -> String {
    let (module, symbol) = (names.module(), names.kconfig());
    format!(
        "{}Next: scripts/config --module {symbol}, make LLVM=1 modules, modprobe {module}\n",
        emit::by_hand(names)
    )
}

/// The command to type next for a module in the directory `dir`.
#[must_use]
pub fn next_out_of_tree(dir: &Path, tree: &Tree) -> String {
    // A source tree does not name its build directory.
    let kdir = tree
        .build()
        .map_or_else(|| "BUILD".into(), Path::to_string_lossy);
    format!("Next: make -C {} KDIR={kdir}\n", dir.display())
}
