// SPDX-License-Identifier: GPL-2.0-only

//! `sync`: brings a generated module to another kernel's ops, or to this version of the generator.
//!
//! Writes the generator's files again, never the author's, and says what the author has to do.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Args;
use similar::TextDiff;

use super::changes::lines;
use super::module::{Generated, Wanted};
use super::todo::{self, todo};
use crate::kernel;
use crate::output::files::{Owner, place};
use crate::output::install::{Change, Contents, Directory, Edit, apply, read};
use crate::output::manifest::{self, Manifest, ManifestError};
use crate::output::print::{print, warn};
use crate::plan::{self, Changes};

/// The file that the probes of a module's build write.
const PROBES: &str = "kernel_cfg";

/// The arguments of `sync`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Directory of the module.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Kernel: a source tree, a build directory, or a distribution's headers [default: the one around
    /// DIR, $KDIR, or the running one].
    #[arg(short, long, value_name = "DIR")]
    kernel: Option<PathBuf>,
    /// Write nothing; exit 1 if there is something to write or to do.
    #[arg(long)]
    check: bool,
    /// Overwrite the generator's files even if they have been edited.
    #[arg(long)]
    force: bool,
}

/// Brings a module up to date.
///
/// # Errors
///
/// The fault, with its remedy; with `--check` also that there is something to write.
pub(crate) fn sync(args: &Arguments) -> Result<()> {
    let manifest = Manifest::read(&args.dir).map_err(|error| match error {
        ManifestError::Absent { .. } => {
            anyhow!("{error}; name the directory that a module was generated in")
        }
        error => error.into(),
    })?;
    let wanted = Wanted::new(&manifest.request)?;
    let dir = fs::canonicalize(&args.dir)?;
    let found = kernel::find_from(args.kernel.as_deref(), &dir)?;
    let generated = wanted.generate(found.source()?)?;
    let tree = found.named();
    for warning in &generated.warnings {
        warn(warning);
    }
    let changes = Changes::between(&manifest.header, &generated.contents.manifest.header);
    let work = Work::new(&args.dir, &manifest, &generated.contents)?;
    if !args.force && !work.edited.is_empty() {
        bail!(refusal(&work.edited));
    }
    let steps = steps(&args.dir, &manifest, &generated, &changes, &work);
    report(&manifest, &generated, &changes, &steps, &work);
    if !args.check {
        apply(&work.change)?;
        list(&args.dir, &work);
        return Ok(());
    }
    if work.is_done && changes.iter().next().is_none() {
        ensure!(
            steps.is_empty(),
            "the steps above are yours; `sync` has nothing to write"
        );
        print(&format!("Up to date: {}\n", args.dir.display()));
        return Ok(());
    }
    bail!(
        "{dir} is out of step with {}; run `tcm-mod-builder sync {dir} -k {}`",
        tree.display(),
        tree.display(),
        dir = args.dir.display(),
    )
}

/// The changes to write, and the edits that prevent them.
struct Work {
    change: Change,
    /// Whether no file but the manifest changes.
    is_done: bool,
    /// For each of the generator's files that has been edited, how it differs from its new text.
    edited: Vec<String>,
    /// The same, by path, for files that an edit has made the author's.
    kept: Vec<(String, String)>,
}

impl Work {
    fn new(dir: &Path, manifest: &Manifest, contents: &Contents) -> Result<Self> {
        let mut work = Self {
            change: Change {
                dir: dir.to_owned(),
                outside: Vec::new(),
                directory: Directory::Keep,
                edits: Vec::new(),
            },
            is_done: true,
            edited: Vec::new(),
            kept: Vec::new(),
        };
        let new = contents.files.iter();
        let new = new.map(|(path, file)| (path, file.owner, Some(file.text.as_str())));
        let gone = manifest
            .files()
            .filter(|(path, _)| contents.files.get(path).is_none())
            .map(|(path, owner)| (path, owner, None));
        for (path, owner, text) in new.chain(gone) {
            if owner != Owner::Author {
                work.file(manifest, path, owner, text)?;
            }
        }
        work.is_done = work.change.edits.is_empty();
        // Last, so that a run that is killed before is simply repeated.
        let text = contents.manifest.text();
        work.edit(
            manifest::FILE,
            read_text(&dir.join(manifest::FILE))?,
            Some(&text),
        );
        Ok(work)
    }

    /// Decides on a file that shall have this text, or be gone.
    fn file(
        &mut self,
        manifest: &Manifest,
        path: &str,
        owner: Owner,
        text: Option<&str>,
    ) -> Result<()> {
        let old = read_text(&place(&self.change.dir, path))?;
        let is_edited = old.as_ref().is_some_and(|old| {
            Some(old.as_str()) != text && !manifest.is_as_generated(path, old.as_bytes())
        });
        if is_edited {
            let edited = difference(
                path,
                old.as_deref().unwrap_or_default(),
                text.unwrap_or_default(),
            );
            if owner == Owner::GeneratorUntilEdited {
                self.kept.push((path.to_owned(), edited));
                return Ok(());
            }
            self.edited.push(edited);
        }
        self.edit(path, old, text);
        Ok(())
    }

    /// The steps that edited build files leave to the author.
    fn steps(&self) -> impl Iterator<Item = String> {
        let lacks_probes = |difference: &str| {
            let mut lines = difference.lines();
            lines.any(|line| line.starts_with('+') && line.contains(PROBES))
        };
        let lacking = self.kept.iter();
        let lacking = lacking.filter(move |(_, difference)| lacks_probes(difference));
        lacking.map(|(path, _)| {
            format!(
                "{path}: add the lines with `{PROBES}`, without which the module does not build"
            )
        })
    }

    fn edit(&mut self, path: &str, old: Option<String>, new: Option<&str>) {
        if old.as_deref() != new {
            self.change.edits.push(Edit {
                path: place(&self.change.dir, path),
                old,
                new: new.map(ToOwned::to_owned),
            });
        }
    }
}

fn read_text(path: &Path) -> Result<Option<String>> {
    read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The lines that differ.
fn difference(path: &str, old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut unified = diff.unified_diff();
    unified
        .header(&format!("{path} (edited)"), &format!("{path} (generated)"))
        .to_string()
}

fn refusal(edited: &[String]) -> String {
    format!(
        "the generator's files have been edited, and would be overwritten; move your lines to a file \
         of your own, or say --force to lose them:\n{}",
        edited.concat().trim_end()
    )
}

/// The author's steps.
fn steps(
    dir: &Path,
    manifest: &Manifest,
    generated: &Generated,
    changes: &Changes,
    work: &Work,
) -> Vec<String> {
    // The plan holds, since the module was generated from it.
    let plan = plan::plan(&generated.model);
    let steps = plan.map(|plan| todo(dir, manifest, changes, &plan));
    let mut steps = steps.unwrap_or_default();
    steps.extend(work.steps());
    steps
}

/// The changes, and the author's steps.
fn report(
    manifest: &Manifest,
    generated: &Generated,
    changes: &Changes,
    steps: &[String],
    work: &Work,
) {
    if manifest.version != generated.contents.manifest.version {
        print(&format!(
            "From version {} to {}\n",
            manifest.version, generated.contents.manifest.version
        ));
    }
    print(&lines(changes));
    print(&todo::lines(steps));
    for (path, difference) in &work.kept {
        let path = path.trim_start_matches("../");
        print(&format!(
            "Left alone, since it was edited: {path}; what this version writes differs:\n{difference}"
        ));
    }
}

/// The files that were written.
fn list(dir: &Path, work: &Work) {
    for edit in &work.change.edits {
        let verb = match (&edit.old, &edit.new) {
            (_, None) => "Removing",
            (None, _) => "Writing",
            _ => "Changing",
        };
        print(&format!("{verb} file: {}\n", edit.path.display()));
    }
    if work.is_done {
        print(&format!("Up to date: {}\n", dir.display()));
    } else {
        print("Next: do what is listed above, if anything is, and build the module\n");
    }
}
