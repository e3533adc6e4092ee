// SPDX-License-Identifier: GPL-2.0-only

//! A new module's place in a kernel tree: free names, and the edits that build the module with its
//! neighbours.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};

use crate::kernel;
use crate::names::{NameError, Names};
use crate::output::install::Edit;
use crate::output::kbuild_edit;
use crate::ui::questions::{self, Answers};

/// The directory of the fabric modules in a kernel tree.
pub const TARGET_DIR: &str = "drivers/target";

/// Checks that no other module of the tree has the names.
///
/// # Errors
///
/// The names that are in use, and the files that use them.
pub fn refuse_clashes(tree: &Path, names: &Names) -> Result<()> {
    let own = Path::new(TARGET_DIR).join(names.module());
    let clashes = kernel::clashes(tree, &names.kconfig(), names.module(), &own);
    let symbol = format!("defines CONFIG_{}", names.kconfig());
    let module = "builds a module of this name".to_owned();
    let found = [
        clashes.module.zip(Some(module)),
        clashes.symbol.zip(Some(symbol)),
    ];
    let faults = found.into_iter().flatten().map(|(path, clash)| {
        let fault = format!("{} {clash}; choose another", path.display());
        NameError::module(names.module(), fault).to_string()
    });
    let faults: Vec<_> = faults.collect();
    ensure!(faults.is_empty(), faults.join("\nError: "));
    Ok(())
}

/// Returns the edits of the tree's own build files that the user agrees to, and true if the files then
/// have the module. A file that has it is no question.
///
/// # Errors
///
/// If a build file is missing or cannot be edited, or an answer cannot be read.
pub fn edits(tree: &Path, names: &Names, mut answers: Answers) -> Result<(Vec<Edit>, bool)> {
    let dir = tree.join(TARGET_DIR);
    let (makefile, kconfig) = (makefile(&dir)?, dir.join("Kconfig"));
    let old = [read_text(&makefile)?, read_text(&kconfig)?];
    let new = [
        Ok(kbuild_edit::makefile(
            &old[0],
            &names.kconfig(),
            names.module(),
        )),
        kbuild_edit::kconfig(&old[1], names.module()),
    ];
    let mut edits = Vec::new();
    let mut is_added = true;
    for ((path, old), new) in [makefile, kconfig].into_iter().zip(old).zip(new) {
        if new.as_ref() == Ok(&old) {
            continue;
        }
        if !wants(&mut answers, names, tree, &path)? {
            is_added = false;
            continue;
        }
        let new = new.map_err(|reason| anyhow!("cannot edit {}: {reason}", path.display()))?;
        edits.push(Edit {
            path,
            old: Some(old.into_bytes()),
            new: Some(new.into_bytes()),
        });
    }
    Ok((edits, is_added))
}

/// Asks for consent to the edit of a file.
fn wants(answers: &mut Answers, names: &Names, tree: &Path, file: &Path) -> Result<bool> {
    let relative = file.strip_prefix(tree).unwrap_or(file).display();
    let question = questions::question(names.module(), &relative.to_string());
    answers.yes(&question)
}

/// The makefile that Kbuild reads in `dir`: `Kbuild` if there is one, else `Makefile`.
fn makefile(dir: &Path) -> Result<PathBuf> {
    let candidates = ["Kbuild", "Makefile"].map(|name| dir.join(name));
    let found = candidates.into_iter().find(|path| path.is_file());
    found.ok_or_else(|| {
        anyhow!(
            "cannot add the module to {}: it has neither Kbuild nor Makefile; name a full kernel source \
             tree with -k DIR, or write the module elsewhere with -o DIR",
            dir.display()
        )
    })
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
