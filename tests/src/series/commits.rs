// SPDX-License-Identifier: GPL-2.0-only

//! Patches for a tree, made by git.
//!
//! The tree and its repository are not changed: the index and the objects are in a temporary directory.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use tcm_mod_builder::module::files::has_extension;
use tempfile::TempDir;

use super::patch::Cover;

/// Settings that override the user's. With others, `git am` might refuse the patches.
const SETTINGS: [&str; 8] = [
    "user.useConfigOnly=true",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
    "diff.external=",
    "color.ui=false",
    "format.signOff=false",
    "format.attach=",
    "core.quotePath=true",
];

/// The variable in which git names the author of a commit.
const IDENTITY: &str = "GIT_AUTHOR_IDENT";

/// An unfinished series on the commit that is checked out in a tree.
pub(super) struct Commits {
    tree: PathBuf,
    scratch: TempDir,
    objects: PathBuf,
    base: String,
    tip: String,
    who: String,
    date: String,
}

/// The result of applying a diff to a tree.
pub(super) enum Standing {
    /// The diff applies, and was added to the series.
    Added,
    /// The tree has the change already.
    There,
    /// The diff does not apply.
    Unknown,
}

impl Commits {
    /// Begins a series.
    pub(super) fn new(tree: &Path) -> Result<Self> {
        let scratch = tempfile::tempdir().context("cannot make a temporary directory")?;
        let mut series = Self {
            tree: tree.to_owned(),
            scratch,
            objects: PathBuf::new(),
            base: String::new(),
            tip: String::new(),
            who: String::new(),
            date: String::new(),
        };
        let root = series.git(["rev-parse", "--show-toplevel"]);
        let is_root =
            root.is_ok_and(|root| fs::canonicalize(root).ok() == fs::canonicalize(tree).ok());
        if !is_root {
            bail!(
                "{} is not the root of a git repository, and patches are for a commit of one; name a \
                 clone of the kernel",
                tree.display()
            );
        }
        series.base = series
            .git(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
            .with_context(|| format!("{} has no commit to make patches for", tree.display()))?;
        series.tip.clone_from(&series.base);
        fs::create_dir(series.own_objects()).context("cannot make a temporary directory")?;
        // git would take a relative path from the tree on.
        let root =
            fs::canonicalize(tree).with_context(|| format!("cannot find {}", tree.display()))?;
        series.objects = root.join(series.git(["rev-parse", "--git-path", "objects"])?);
        series.who = identity(&series)?;
        series.date = series.git(["show", "--no-patch", "--format=%cI", &series.base])?;
        series.git(["read-tree", &series.base])?;
        Ok(series)
    }

    /// The short name of the commit that the series is for.
    pub(super) fn base(&self) -> Result<String> {
        self.git(["rev-parse", "--short=12", &self.base])
    }

    /// Name and address of the author, for Signed-off-by.
    pub(super) fn who(&self) -> &str {
        &self.who
    }

    /// The files among `paths` that differ from the commit.
    pub(super) fn changed(&self, paths: &[&str]) -> Result<Vec<String>> {
        let mut words = vec!["diff", "--name-only", &self.base, "--"];
        words.extend(paths);
        // With the tree's own index, so that nothing is read that it knows to be unchanged.
        let mut git = Command::new("git");
        git.arg("-C").arg(&self.tree).args(words);
        Ok(run(git, "")?.lines().map(ToOwned::to_owned).collect())
    }

    /// Adds a commit.
    pub(super) fn add(&mut self, message: &str, files: &BTreeMap<String, String>) -> Result<()> {
        let mut index = String::new();
        for (path, text) in files {
            let object = self.git_with(["hash-object", "-w", "--stdin"], text)?;
            let mode = if has_extension(path, "sh") {
                "100755"
            } else {
                "100644"
            };
            index.push_str(&format!("{mode} {object}\t{path}\n"));
        }
        self.git_with(["update-index", "--add", "--index-info"], &index)?;
        let tree = self.git(["write-tree"])?;
        let message = format!("{}\n\nSigned-off-by: {}\n", message.trim_end(), self.who);
        let parent = self.tip.clone();
        self.tip = self.git_with(["commit-tree", &tree, "-p", &parent, "-F", "-"], &message)?;
        Ok(())
    }

    /// Adds a diff as a commit, if it applies.
    pub(super) fn apply(&mut self, message: &str, diff: &str) -> Result<Standing> {
        let apply = ["apply", "--cached", "--whitespace=nowarn"];
        let with = |more: &[&'static str]| [&apply[..], more].concat();
        if self.git_with(with(&["--check"]), diff).is_err() {
            let back = self.git_with(with(&["--check", "--reverse"]), diff);
            return Ok(back.map_or(Standing::Unknown, |_| Standing::There));
        }
        self.git_with(with(&[]), diff)?;
        self.add(message, &BTreeMap::new())?;
        Ok(Standing::Added)
    }

    /// The patches, each by name and text, with a cover letter.
    pub(super) fn patches(&self, cover: &Cover) -> Result<Vec<(String, String)>> {
        let mut files = self.format(&["--numbered", "--cover-letter"])?;
        for (name, text) in &mut files {
            if name.starts_with("0000-") {
                *text = text
                    .replace("*** SUBJECT HERE ***", &cover.subject)
                    .replace("*** BLURB HERE ***", cover.body.trim_end());
            }
        }
        Ok(files)
    }

    /// The patch of a series of one: name, with this number, and text.
    pub(super) fn patch(&self, number: usize) -> Result<(String, String)> {
        let number = format!("--start-number={number}");
        let patch = self.format(&["--no-numbered", &number])?.pop();
        patch.context("git has written no patch")
    }

    /// Writes the patches with git, and returns the name and text of each.
    fn format(&self, options: &[&str]) -> Result<Vec<(String, String)>> {
        let dir = self.scratch.path().join("patches");
        let (base, range) = (
            format!("--base={}", self.base),
            format!("{}..{}", self.base, self.tip),
        );
        let words = ["format-patch", "--quiet", "--no-signature", "-o"];
        let words = words.map(OsStr::new).into_iter().chain([dir.as_os_str()]);
        let options = options.iter().copied().chain([&*base, &range]);
        self.git(words.chain(options.map(OsStr::new)))?;
        let mut patches = Vec::new();
        for entry in fs::read_dir(&dir)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            patches.push((name, fs::read_to_string(entry.path())?));
        }
        Ok(patches)
    }

    fn own_objects(&self) -> PathBuf {
        self.scratch.path().join("objects")
    }

    fn git<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Result<String> {
        self.git_with(words, "")
    }

    /// Runs git with a separate index and object directory. The date is that of the commit: the same input
    /// gives the same patches.
    fn git_with<S: AsRef<OsStr>>(
        &self,
        words: impl IntoIterator<Item = S>,
        input: &str,
    ) -> Result<String> {
        let mut git = Command::new("git");
        git.arg("-C").arg(&self.tree);
        git.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        if !self.objects.as_os_str().is_empty() {
            git.env("GIT_INDEX_FILE", self.scratch.path().join("index"));
            git.env("GIT_OBJECT_DIRECTORY", self.own_objects());
            git.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", &self.objects);
        }
        if !self.date.is_empty() {
            git.env("GIT_AUTHOR_DATE", &self.date);
            git.env("GIT_COMMITTER_DATE", &self.date);
        }
        git.args(words);
        run(git, input)
    }
}

/// Name and address of the user, by git's configuration.
fn identity(series: &Commits) -> Result<String> {
    let identity = series.git(["var", IDENTITY]);
    let who = identity.ok().and_then(|text| {
        let end = text.rfind('>')?;
        Some(text[..=end].to_owned())
    });
    who.context(
        "git does not know who you are, and each patch is signed off; say `git config --global \
         user.name NAME` and `git config --global user.email ADDRESS`",
    )
}

/// Runs a command with this input, and returns its output without the last newline.
pub(super) fn run(mut command: Command, input: &str) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot run {program}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not read says why when it ends.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{program} failed: {}",
        stderr.trim()
    );
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.trim_end_matches('\n').to_owned())
}
