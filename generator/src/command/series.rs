// SPDX-License-Identifier: GPL-2.0-only

//! `series`: patches that bring the layer to the kernel crate, and a module to the kernel as a
//! reference driver.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use clap::Args;

use super::generate::{data_paths, read_text, refuse_taken, report};
use super::module::{Wanted, planned};
use crate::data_path::{DATA_PATHS, Upstream};
use crate::emit::series::{FIXES, Patch, cover, patches};
use crate::emit::without_mark;
use crate::kernel::{self, Features, missing_for_series};
use crate::names::default_fabric;
use crate::output::examine::examine;
use crate::output::files::{Files, Owner, has_extension};
use crate::output::git::{Commit, Series, Standing};
use crate::output::install::{self, Contents};
use crate::output::kernel_edit::KernelEdit;
use crate::output::manifest::Request;
use crate::output::print::{List, print, warn};
use crate::output::rustfmt::rustfmt;

/// The arguments of `series`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// T10 protocol identifier, as for a module.
    #[arg(short, long, value_name = "PROTO")]
    proto: String,
    /// Name of the reference driver, such as `tcm_nab5000`.
    #[arg(short, long, value_name = "NAME")]
    module: String,
    /// What the reference driver does with commands.
    #[arg(long, value_name = "KIND", default_value = DATA_PATHS[0].name, value_parser = data_paths())]
    data_path: String,
    /// Kernel: a source tree that is the root of a git repository; the series is for its HEAD.
    #[arg(short, long, value_name = "TREE")]
    kernel: PathBuf,
    /// Directory for the patches, as `git am` and `git send-email` read them.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Replace a series that this tool has made and nobody has changed since.
    #[arg(long)]
    force: bool,
}

/// Where the texts of a series are from, and what it adds: of these the tree must have no changes.
const READ: [&str; 3] = ["include/target", "rust", "drivers/target"];

/// Makes a series.
///
/// # Errors
///
/// What could not be done, and the remedy; nothing has been written.
pub(crate) fn series(args: &Arguments) -> Result<()> {
    let wanted = Wanted::new(&request(args))?;
    if let Upstream::Refused(reason) = wanted.data_path.upstream {
        bail!(
            "--data-path {} is not for a series: {reason}; choose another",
            args.data_path
        );
    }
    let found = kernel::find(Some(&args.kernel))?;
    let tree = found.source()?;
    let mut series = Series::new(tree)?;
    let features = Features::probe(tree);
    refuse_kernel(tree, features)?;
    refuse_taken(tree, &wanted.names)?;
    let mut module = wanted.generate(tree)?;
    for (_, file) in module.contents.files.iter_mut() {
        file.text = without_mark(&file.text);
    }
    for warning in &module.warnings {
        warn(warning);
    }
    let base = series.base()?;
    let who = series.who().to_owned();
    let plan = planned(&module.model)?;
    let input = wanted.input(&plan, features);
    let mut patches = patches(&input, &module.contents.files, &who);
    let cover = cover(&input, &command(args), &base);
    let mut texts = Texts::new(tree);
    let mut touched = Vec::new();
    for patch in &mut patches {
        let files = texts.of(patch)?;
        touched.extend(patch.edits.iter().map(KernelEdit::path));
        series.commit(&Commit {
            message: &patch.message,
            files: &files,
        })?;
    }
    touched.extend(READ);
    refuse_changes(&series, tree, &touched)?;
    let mut files = series.patches(&cover.subject, &cover.body)?;
    add_fixes(tree, &mut files)?;
    let mut manifest = module.contents.manifest;
    manifest.set_files(&files);
    let change = examine(&args.output, Contents { files, manifest }, args.force)?;
    install::apply(&change)?;
    report(&change, false);
    let dir = args.output.display();
    print(&format!(
        "Next: read {dir}/0000-cover-letter.patch and what follows, then git -C {} am --empty=drop \
         {dir}/0*.patch\n",
        args.kernel.display()
    ));
    Ok(())
}

fn request(args: &Arguments) -> Request {
    Request {
        protocol: args.proto.clone(),
        register_as: None,
        module: args.module.clone(),
        fabric_name: default_fabric(&args.module).to_owned(),
        data_path: args.data_path.clone(),
        in_tree: true,
        series: true,
    }
}

/// The command, for whoever reads the series.
fn command(args: &Arguments) -> String {
    format!(
        "tcm-mod-builder series -p {} -m {} --data-path {}",
        args.proto, args.module, args.data_path
    )
}

/// Refuses a tree that has too little, or the layer already.
fn refuse_kernel(tree: &Path, features: Features) -> Result<()> {
    if tree.join("rust/kernel/target.rs").exists() {
        bail!(
            "{} has rust/kernel/target.rs already; check out a commit without it",
            tree.display()
        );
    }
    let missing = missing_for_series(tree, features);
    if !missing.is_empty() {
        bail!(
            "{} lacks what the series stands on: {}; name a tree of Linux 7.3 or newer with -k",
            tree.display(),
            missing.join(", ")
        );
    }
    Ok(())
}

/// Refuses a tree that has changes which the commit lacks that the series is for.
fn refuse_changes(series: &Series, tree: &Path, paths: &[&str]) -> Result<()> {
    let changed = series.changed(paths)?;
    if changed.is_empty() {
        return Ok(());
    }
    bail!(
        "{} has changes that are not committed ({}), and a series is for a commit; commit or stash \
         them",
        tree.display(),
        changed.join(", ")
    );
}

/// Adds the fixes of target core, each as a patch that stands alone.
fn add_fixes(tree: &Path, files: &mut Files) -> Result<()> {
    for (index, fix) in FIXES.iter().enumerate() {
        let mut series = Series::new(tree)?;
        let place = tree.display();
        match series.apply(fix.message(), fix.diff())? {
            Standing::There => print(&format!("{place} has it: {}\n", fix.subject())),
            Standing::Unknown => warn(&format!(
                "{place} has another text than this version knows, so this is left out: {}",
                fix.subject()
            )),
            Standing::Added => {
                if let Some((name, text)) = series.patch(index + 1)? {
                    files.add(&format!("fixes/{name}"), Owner::Generator, text);
                }
            }
        }
    }
    Ok(())
}

/// The texts of the kernel's own files, as the patches so far have them.
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

    /// All files of a patch, formatted; an edit without a place is an error, and all are reported at once.
    fn of(&mut self, patch: &mut Patch) -> Result<Vec<(String, String)>> {
        format(&mut patch.files)?;
        let mut faults = Vec::new();
        let mut touched = BTreeMap::new();
        for edit in &patch.edits {
            let place = edit.path();
            let text = match self.edited.remove(place) {
                Some(text) => text,
                None => read_text(&self.tree.join(place))?,
            };
            let edited = edit.apply(&text).unwrap_or_else(|reason| {
                faults.push(format!(
                    "{} {reason}; this version does not know its form, a newer one may",
                    self.tree.join(place).display()
                ));
                text
            });
            touched.insert(place, edited.clone());
            self.edited.insert(place, edited);
        }
        if !faults.is_empty() {
            bail!(List(faults));
        }
        let files = patch.files.iter();
        let files = files.map(|(path, file)| (path.to_owned(), file.text.clone()));
        let touched = touched
            .into_iter()
            .map(|(path, text)| (path.to_owned(), text));
        Ok(files.chain(touched).collect())
    }
}

/// Formats what is Rust: a series is for others to read.
fn format(files: &mut Files) -> Result<()> {
    let paths: Vec<_> = files.iter().map(|(path, _)| path.to_owned()).collect();
    let paths = paths.iter().map(String::as_str);
    let paths: Vec<_> = paths.filter(|path| has_extension(path, "rs")).collect();
    rustfmt(files, &paths).map_err(|reason| anyhow!(reason))
}
