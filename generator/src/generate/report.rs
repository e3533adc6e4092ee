// SPDX-License-Identifier: GPL-2.0-only

//! The report on a new module: the files written, and the commands to type next.

use std::path::{self, Path};

use crate::emit;
use crate::kernel::{Config, Tree};
use crate::names::Names;
use crate::output::install::{Change, Directory, Edit};
use crate::ui::print::word;

/// Lists the files that have changed, or would change.
#[must_use]
pub fn files(change: &Change, dry_run: bool) -> String {
    let mut text = match &change.directory {
        Directory::Keep if change.first.is_empty() => {
            format!("Unchanged: {}\n", change.dir.display())
        }
        Directory::Keep => String::new(),
        Directory::Create(contents) | Directory::Fill(contents) => {
            let paths = contents.files.iter().map(|(path, _)| change.dir.join(path));
            paths.map(|path| line(VERBS[0], &path, dry_run)).collect()
        }
    };
    for changed in change.first.iter().chain(&change.edits) {
        text.push_str(&edited(changed, dry_run));
    }
    text
}

/// The verbs of a new, a changed and a removed file, each with its form in a dry run.
const VERBS: [[&str; 2]; 3] = [
    ["Writing", "Would write"],
    ["Changing", "Would change"],
    ["Removing", "Would remove"],
];

/// The line of an edit.
#[must_use]
pub fn edited(edit: &Edit, dry_run: bool) -> String {
    let verb = match (&edit.old, &edit.new) {
        (_, None) => VERBS[2],
        (None, _) => VERBS[0],
        _ => VERBS[1],
    };
    line(verb, &edit.path, dry_run)
}

fn line(verb: [&str; 2], path: &Path, dry_run: bool) -> String {
    format!("{} file: {}\n", verb[usize::from(dry_run)], path.display())
}

/// Formats the steps that are left to the author.
#[must_use]
pub fn steps(steps: &[String]) -> String {
    steps
        .iter()
        .map(|step| format!("To do: {step}\n"))
        .collect()
}

/// The commands to type next for a module in the kernel's own tree, whose root is `source`.
#[must_use]
pub fn next_in_tree(names: &Names, tree: &Tree, source: &Path, is_added: bool) -> String {
    let by_hand = emit::by_hand(names);
    if !is_added {
        return format!(
            "{by_hand}Next: the same with --install, which adds the module to makefile and Kconfig\n"
        );
    }
    let symbol = names.kconfig();
    let config = tree.build().and_then(Config::read).zip(tree.build());
    let next = match config {
        Some((config, build)) => {
            let llvm = if config.is_on("CC_IS_GCC") {
                ""
            } else {
                " LLVM=1"
            };
            let (script, build) = (word(&source.join("scripts/config")), word(build));
            format!(
                "{script} --file {build}/.config --module {symbol} && make -C {build}{llvm} modules"
            )
        }
        None => {
            let make = format!("make -C {} LLVM=1", word(source));
            format!("{make} menuconfig && {make}; with {symbol} as a module")
        }
    };
    format!("{by_hand}Next: {next}\n")
}

/// The command to type next for a module in the directory `dir`.
#[must_use]
pub fn next_out_of_tree(dir: &Path, tree: &Tree) -> String {
    // make changes to `dir` before it reads KDIR.
    let build = tree.build().and_then(|build| path::absolute(build).ok());
    let dir = word(dir);
    match build {
        Some(build) => format!("Next: make -C {dir} KDIR={}\n", word(&build)),
        None => format!("Next: make -C {dir} KDIR=BUILD; BUILD is the kernel's build directory\n"),
    }
}
