// SPDX-License-Identifier: GPL-2.0-only

//! Writes a series for a kernel's tree to a directory, together with fixes of target core.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail, ensure};
use tcm_bindings::Header;
use tcm_mod_builder::data_path;
use tcm_mod_builder::emit::{self, Destination, Input, without_mark};
use tcm_mod_builder::module::files::has_extension;
use tcm_mod_builder::names::Names;
use tcm_mod_builder::plan::{self, Fault, Plan};
use tcm_mod_builder::protocol;

use super::commits::{Commits, Standing, run};
use super::fixes::FIXES;
use super::kernel_edit::KernelEdit;
use super::needs::missing;
use super::newest::of_newest;
use super::patch::{Cover, Module, Patch};
use super::{Driver, driver, layer};

/// The directories that a series reads or adds to. The tree must have no uncommitted changes in them.
const READ: [&str; 3] = ["include/target", "rust", "drivers/target"];

/// Writes the series with a driver to `dir`, which must be empty or absent. The series is for the commit
/// that is checked out in `tree`, which is not changed.
///
/// # Errors
///
/// The step that failed. Nothing is written unless the last step fails.
pub fn write(driver: &'static Driver, tree: &Path, dir: &Path) -> Result<()> {
    refuse_directory(dir)?;
    let mut commits = Commits::new(tree)?;
    refuse_kernel(tree)?;
    let model = tcm_bindings::read(&Header::in_tree(tree)?)?;
    let plan = plan::plan(&model).map_err(|faults| unwritable(&faults))?;
    for warning in &plan.warnings {
        eprintln!("Warning: {warning}");
    }
    let module = module(driver, &plan)?;
    let mut texts = Texts::new(tree);
    let mut touched = READ.to_vec();
    let mut patches = layer::patches(&module, commits.who())?;
    patches.extend(driver::patches(&module));
    for mut patch in patches {
        touched.extend(patch.edits.iter().map(KernelEdit::path));
        texts.complete(&mut patch)?;
        commits.add(&patch.message, &patch.files)?;
    }
    refuse_changes(&commits, tree, &touched)?;
    let patches = commits.patches(&Cover::new(&module, &commits.base()?))?;
    let fixes = fixes(tree)?;
    write_all(dir, &patches)?;
    if !fixes.is_empty() {
        write_all(&dir.join("fixes"), &fixes)?;
    }
    Ok(())
}

/// Writes the fixes of target core that apply to `tree` to `dir`, each as a separate patch.
pub(crate) fn write_fixes(tree: &Path, dir: &Path) -> Result<()> {
    write_all(dir, &fixes(tree)?)
}

/// Refuses a directory that has files.
fn refuse_directory(dir: &Path) -> Result<()> {
    let is_empty = fs::read_dir(dir).map_or(!dir.exists(), |mut entries| entries.next().is_none());
    ensure!(is_empty, "{} is not empty; name another", dir.display());
    Ok(())
}

/// Refuses a tree that lacks a requirement, or has the layer already.
fn refuse_kernel(tree: &Path) -> Result<()> {
    ensure!(
        !tree.join("rust/kernel/target.rs").exists(),
        "{} has rust/kernel/target.rs already; check out a commit without it",
        tree.display()
    );
    let missing = missing(tree);
    ensure!(
        missing.is_empty(),
        "{} lacks what the series stands on: {}; name a tree of Linux 7.3 or newer",
        tree.display(),
        missing.join(", ")
    );
    Ok(())
}

/// Refuses a tree with uncommitted changes in the directories and files of the series.
fn refuse_changes(commits: &Commits, tree: &Path, paths: &[&str]) -> Result<()> {
    let changed = commits.changed(paths)?;
    ensure!(
        changed.is_empty(),
        "{} has changes that are not committed ({}), and a series is for a commit; commit or stash \
         them",
        tree.display(),
        changed.join(", ")
    );
    Ok(())
}

fn unwritable(faults: &[Fault]) -> anyhow::Error {
    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
    anyhow!("cannot write the ops:\n{}", faults.join("\n"))
}

/// The module, as the generator writes it for a kernel tree.
fn module<'a>(driver: &'static Driver, plan: &'a Plan<'a>) -> Result<Module<'a>> {
    let protocol = protocol::find(driver.proto).map_err(|reason| anyhow!(reason))?;
    let names = Names::new(driver.module, None)
        .map_err(|faults| anyhow!("no name of a module: {faults:?}"))?;
    let data_path = data_path::find(driver.data_path)
        .with_context(|| format!("no data path {}", driver.data_path))?;
    let mut files = emit::module(&Input {
        plan,
        protocol,
        registered: protocol,
        names: &names,
        destination: Destination::InTree,
        data_path,
    })?;
    for (_, file) in files.iter_mut() {
        file.text = without_mark(&file.text);
    }
    let files = of_newest(&files);
    Ok(Module {
        driver,
        protocol,
        plan,
        files,
    })
}

/// The fixes that apply to a tree, by name and text. Prints the reason for each one that is left out.
fn fixes(tree: &Path) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for (index, fix) in FIXES.iter().enumerate() {
        let mut commits = Commits::new(tree)?;
        match commits.apply(fix.message(), fix.diff())? {
            Standing::There => println!("{} has it: {}", tree.display(), fix.subject()),
            Standing::Unknown => eprintln!(
                "Warning: {} has another text than this version knows, so this is left out: {}",
                tree.display(),
                fix.subject()
            ),
            Standing::Added => files.push(commits.patch(index + 1)?),
        }
    }
    Ok(files)
}

fn write_all(dir: &Path, files: &[(String, String)]) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    for (name, text) in files {
        let path = dir.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The texts of the kernel's files after the patches so far.
struct Texts<'a> {
    tree: &'a Path,
    edited: BTreeMap<&'static str, String>,
}

impl<'a> Texts<'a> {
    fn new(tree: &'a Path) -> Self {
        Self {
            tree,
            edited: BTreeMap::new(),
        }
    }

    /// Formats the files of a patch, and adds the files that it edits. Reports all edits that do not fit
    /// in one error.
    fn complete(&mut self, patch: &mut Patch) -> Result<()> {
        for (path, text) in &mut patch.files {
            if has_extension(path, "rs") {
                *text = rustfmt(text).with_context(|| format!("cannot format {path}"))?;
            }
        }
        let mut faults = Vec::new();
        for edit in &patch.edits {
            let place = edit.path();
            let text = match self.edited.remove(place) {
                Some(text) => text,
                None => fs::read_to_string(self.tree.join(place))
                    .with_context(|| format!("cannot read {place}"))?,
            };
            let edited = edit.apply(&text).unwrap_or_else(|reason| {
                faults.push(format!("{} {reason}", self.tree.join(place).display()));
                text
            });
            patch.files.insert(place.to_owned(), edited.clone());
            self.edited.insert(place, edited);
        }
        if !faults.is_empty() {
            bail!("{}", faults.join("\n"));
        }
        Ok(())
    }
}

/// Formats Rust by the kernel's rules, not by the user's configuration.
fn rustfmt(text: &str) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2021", "--config-path", "/dev/null"]);
    Ok(run(rustfmt, text)? + "\n")
}
