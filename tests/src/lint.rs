// SPDX-License-Identifier: GPL-2.0-only

//! Gates of the kernel on generated modules: clippy, W=1, rustfmt and checkpatch, without findings.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Error, Result};
use tcm_mod_builder::module::manifest::Manifest;
use tcm_mod_builder::protocol::{PROTOCOLS, Protocol, find};

use crate::fixture::FixtureTree;
use crate::git::git;
use crate::kernel::{BETWEEN, CURRENT, Flavour, Kernel, LTS, get};
use crate::module::{Built, ISCSI, LOOPBACK, Module, Profile, builder};
use crate::shell::output;
use crate::suite::{Length, Modules, is_skipped};

/// Runs all gates on a module of each protocol and of each data path for the current kernel, and of
/// each data path for the LTS kernel. A full run includes the kernel between. Gates without a build
/// also get modules with a short and a long name.
///
/// # Errors
///
/// The findings of a gate.
pub fn lint() -> Result<()> {
    let iscsi = find("iSCSI").map_err(Error::msg)?;
    if !is_skipped(CURRENT) {
        current(iscsi)?;
    }
    others(LTS, iscsi, &[&[], &LOOPBACK])?;
    if Length::of_this_run() == Length::Full && !is_skipped(BETWEEN) {
        others(BETWEEN, iscsi, &[&[], &LOOPBACK, &ISCSI])?;
    }
    Ok(())
}

/// Runs all gates for the current kernel.
fn current(iscsi: &'static Protocol) -> Result<()> {
    let kernel = get(CURRENT, Flavour::Debug)?;
    let modules = Modules::new(&kernel)?;
    for protocol in &PROTOCOLS {
        gates(&kernel, protocol, &[], &modules)?;
    }
    gates(&kernel, iscsi, &LOOPBACK, &modules)?;
    gates(&kernel, iscsi, &ISCSI, &modules)?;
    names(&kernel)?;
    patch(&kernel)
}

/// Runs the gates for a kernel other than the current one.
fn others(version: &str, protocol: &'static Protocol, data_paths: &[&[&str]]) -> Result<()> {
    let kernel = get(version, Flavour::Plain)?;
    let modules = Modules::new(&kernel)?;
    for options in data_paths {
        gates(&kernel, protocol, options, &modules)?;
    }
    Ok(())
}

/// Runs the gates on a module. Its build includes clippy and W=1: see [`Built::new`].
fn gates(
    kernel: &Kernel,
    protocol: &'static Protocol,
    options: &[&str],
    modules: &Modules,
) -> Result<()> {
    let on = || format!("{} {}", protocol.name, options.join(" "));
    let built = Built::new(kernel, protocol, options, modules.path()).with_context(on)?;
    texts(kernel, &built.dir).with_context(on)
}

/// A short name, and the longest without `--fabric-name`: the format of the text must not depend on
/// the name.
const NAMES: [&str; 2] = ["tcm_x", "tcm_the_longest_of_the_names_so_far"];

/// Runs the gates without a build on an iSCSI module of each data path, with each of [`NAMES`].
fn names(kernel: &Kernel) -> Result<()> {
    for name in NAMES {
        for options in [&[][..], &LOOPBACK, &ISCSI] {
            let scratch = tempfile::tempdir()?;
            let dir = scratch.path().join(name);
            let module = Module {
                proto: "iSCSI",
                name,
                options,
            };
            module.generate(kernel, &dir)?;
            texts(kernel, &dir).with_context(|| format!("{name} {}", options.join(" ")))?;
        }
    }
    Ok(())
}

/// Runs rustfmt and checkpatch on the files of a module, without the bindings, which the build
/// generates.
fn texts(kernel: &Kernel, dir: &Path) -> Result<()> {
    let manifest = Manifest::read(dir)?;
    let files = || manifest.files().map(|(path, _)| dir.join(path));
    rustfmt(kernel, files()).context("rustfmt")?;
    for file in files().filter(|path| is_for_checkpatch(path)) {
        checkpatch_file(kernel, &file).context("checkpatch")?;
    }
    Ok(())
}

fn rustfmt(kernel: &Kernel, files: impl Iterator<Item = PathBuf>) -> Result<()> {
    let mut rustfmt = Command::new("rustfmt");
    rustfmt
        .arg("--check")
        .arg("--config-path")
        .arg(kernel.source.join(".rustfmt.toml"));
    output(rustfmt.args(files.filter(|path| has_extension(path, "rs"))))?;
    Ok(())
}

/// Returns true if checkpatch has rules for a file.
fn is_for_checkpatch(path: &Path) -> bool {
    let named = ["Kbuild", "Kconfig"]
        .iter()
        .any(|name| path.ends_with(name));
    named || has_extension(path, "c") || has_extension(path, "h")
}

/// Findings of checkpatch for any patch with new files.
const IGNORED: &str = "FILE_PATH_CHANGES,NO_AUTHOR_SIGN_OFF";

/// Runs checkpatch on a patch that adds a module to the kernel's tree.
fn patch(kernel: &Kernel) -> Result<()> {
    let tree = FixtureTree::new()?;
    let git = |words: &[&str]| git(tree.path(), words);
    let commit = |message: &str| {
        git(&["add", "--all"])?;
        git(&["commit", "--quiet", "--signoff", "--message", message])
    };
    git(&["init", "--quiet"])?;
    commit("A kernel")?;
    let mut generate = Command::new(builder(Profile::Dev)?);
    generate.args(["-p", "iSCSI", "-m", "tcm_patch", "--install"]);
    output(generate.args(LOOPBACK).arg("-k").arg(tree.path()))?;
    commit(
        "scsi: target: Add a fabric module\n\nIt is generated, and does what each of its kind does \
         before\nits author has written a driver.",
    )?;
    let patch = git(&["format-patch", "-1", "--output-directory", "."])?;
    checkpatch(&kernel.source, &tree.path().join(patch.trim())).context("checkpatch on a patch")
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|end| end == wanted)
}

/// Runs the checkpatch of a kernel's tree on a patch.
pub(crate) fn checkpatch(source: &Path, patch: &Path) -> Result<()> {
    let mut checkpatch = Command::new("perl");
    // In a git tree, checkpatch checks SPDX lines with Python, which must be Debian's.
    checkpatch.current_dir(source).env("PATH", "/usr/bin:/bin");
    checkpatch.args(["scripts/checkpatch.pl", "--strict", "--no-summary"]);
    checkpatch.args(["--terse", "--ignore", IGNORED]);
    output(checkpatch.arg(patch))?;
    Ok(())
}

/// Runs checkpatch on a file.
fn checkpatch_file(kernel: &Kernel, file: &Path) -> Result<()> {
    let mut checkpatch = Command::new("perl");
    checkpatch.arg(kernel.source.join("scripts/checkpatch.pl"));
    checkpatch
        .args(["--strict", "--no-tree", "--no-summary", "--terse", "--file"])
        .arg(file);
    output(&mut checkpatch)?;
    Ok(())
}
