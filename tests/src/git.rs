// SPDX-License-Identifier: GPL-2.0-only

//! git for trees of the tests, without the configuration of the user.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::shell::output;

/// The author of commits.
const NAME: &str = "A U Thor";
const ADDRESS: &str = "author@example.org";

/// The settings that override the user's.
fn settings() -> impl Iterator<Item = String> {
    let settings = [
        format!("user.name={NAME}"),
        format!("user.email={ADDRESS}"),
        "commit.gpgsign=false".to_owned(),
        "gc.auto=0".to_owned(),
    ];
    settings
        .into_iter()
        .flat_map(|setting| ["-c".to_owned(), setting])
}

/// Runs git in a tree.
pub(crate) fn git(tree: &Path, words: &[&str]) -> Result<String> {
    let mut git = Command::new("git");
    output(git.arg("-C").arg(tree).args(settings()).args(words))
}

/// Sets the author of commits in the configuration of a tree, for other callers of git.
pub(crate) fn identify(tree: &Path) -> Result<()> {
    git(tree, &["config", "user.name", NAME])?;
    git(tree, &["config", "user.email", ADDRESS])?;
    Ok(())
}

/// Applies patches to a tree with `git am`.
pub(crate) fn apply(tree: &Path, patches: &[impl AsRef<OsStr>]) -> Result<()> {
    let mut am = Command::new("git");
    am.arg("-C").arg(tree).args(settings());
    output(am.args(["am", "--quiet", "--empty=drop"]).args(patches))?;
    Ok(())
}
