// SPDX-License-Identifier: GPL-2.0-only

//! The generated text: as blessed, and by rules for every module.
//!
//! `TCM_BLESS=1 cargo test -p xtask --test golden` writes the current text to `tests/golden`. Read
//! the difference before you commit it.

mod blessed;
mod rules;
mod safety;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tcm_mod_builder::module::manifest;
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};

/// Generates a module out of tree from the fixture's header. Returns its directory.
fn generate(tree: &FixtureTree, proto: &str, module: &str, data_path: &str) -> PathBuf {
    let dir = tree.path().join(format!("out-{proto}-{data_path}"));
    Command::new(builder(Profile::Dev).unwrap())
        .args(["-p", proto, "-m", module, "--data-path", data_path, "-k"])
        .arg(tree.path())
        .arg("-o")
        .arg(&dir)
        .assert()
        .success();
    dir
}

/// Files below a directory, by path, without the manifest.
fn files(dir: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    collect(dir, "", &mut files);
    files
}

fn collect(dir: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files);
        } else if name != manifest::FILE {
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}
