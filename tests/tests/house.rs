// SPDX-License-Identifier: GPL-2.0-only

//! The project's own layout: a room imports only what stands below it, no file is too long to be
//! read in one go, and all of it is for the oldest cargo that it promises.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use syn::visit::{self, Visit};
use xtask::shell::checkout;

/// The rooms of `generator/src`, from the top floor down.
const ROOMS: [&str; 12] = [
    "cli",
    "command",
    "emit",
    "data_path",
    "plan",
    "prepare",
    "doctor",
    "kernel",
    "protocol",
    "output",
    "distro",
    "names",
];

/// The most lines of a file that is not a table.
const LINES: usize = 450;

/// The most lines of `bindings/src`: clang reads C, and a second front end for C has no room here.
const BINDINGS: usize = 1_800;

/// Files that are tables: a row for each thing.
const TABLES: [&str; 2] = ["protocol/table.rs", "plan/meaning.rs"];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Each file of the generator: its path below `src`, and its text.
fn generator() -> Vec<(String, String)> {
    let src = checkout().join("generator/src");
    let mut paths = Vec::new();
    sources(&src, &mut paths);
    let named = paths.into_iter().map(|path| {
        let name = path.strip_prefix(&src).unwrap().display().to_string();
        (name, fs::read_to_string(&path).unwrap())
    });
    named.collect()
}

/// The floor that a room is on.
fn floor(room: &str) -> Option<usize> {
    ROOMS.iter().position(|name| *name == room)
}

/// The rooms that a file imports from. What is generated says `crate::` too, but is indented.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(|line| line.trim_start_matches("pub "));
    let imports = lines.filter_map(|line| line.strip_prefix("use crate::"));
    imports.filter_map(|rest| rest.split([':', ';']).next())
}

#[test]
fn a_room_imports_only_what_stands_below_it() {
    let mut seen = 0;
    for (path, text) in generator() {
        let room = path.split(['/', '.']).next().unwrap();
        let Some(own) = floor(room) else {
            assert!(["main", "lib"].contains(&room), "{path} is in no room");
            continue;
        };
        for other in imports(&text) {
            let other_floor = floor(other).unwrap_or_else(|| panic!("{path} imports {other}"));
            assert!(
                own <= other_floor,
                "{path} imports {other}, which stands above it"
            );
            seen += 1;
        }
    }
    assert!(seen > 30, "the scan found {seen} imports");
}

#[test]
fn a_file_can_be_read_in_one_go() {
    for (path, text) in generator() {
        let lines = text.lines().count();
        let is_table = TABLES.contains(&path.as_str());
        assert!(is_table || lines <= LINES, "{path} has {lines} lines");
    }
}

#[test]
fn the_crate_that_reads_the_header_stays_small() {
    let mut paths = Vec::new();
    sources(&checkout().join("bindings/src"), &mut paths);
    assert!(paths.len() > 5);
    let texts = paths.iter().map(|path| fs::read_to_string(path).unwrap());
    let lines: usize = texts.map(|text| text.lines().count()).sum();
    assert!(lines <= BINDINGS, "bindings/src has {lines} lines");
}

#[test]
fn a_data_path_is_named_in_its_own_file_alone() {
    for (path, text) in generator() {
        let code = text.split("#[cfg(test)]").next().unwrap();
        let names = code.to_ascii_lowercase().contains("loopback");
        let is_own = path == "data_path/loopback.rs" || path == "data_path/mod.rs";
        assert!(is_own || !names, "{path} names a data path");
    }
}

/// The oldest rustc and cargo, as `Cargo.toml` promises: those of Debian 13.
const OLDEST: [u64; 2] = [1, 85];

fn version(text: &str) -> Vec<u64> {
    let numbers = text.split('.').map(|number| number.parse().unwrap());
    numbers.take(2).collect()
}

#[test]
fn every_dependency_builds_with_the_oldest_rustc() {
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--format-version", "1", "--locked"]);
    let metadata = cargo.current_dir(checkout()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50);
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let Some(wanted) = package["rust_version"].as_str() else {
            continue;
        };
        let wanted = version(wanted);
        let is_own = ["tcm-bindings", "tcm-mod-builder", "xtask"].contains(&name);
        assert!(wanted <= OLDEST.to_vec(), "{name} wants rustc {wanted:?}");
        assert!(!is_own || wanted == OLDEST, "{name} promises {wanted:?}");
    }
}

/// Finds `let` among other conditions, which rustc has since 1.88. Clippy knows newer functions, but
/// not that.
#[derive(Default)]
struct LetChains(usize);

impl<'ast> Visit<'ast> for LetChains {
    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let is_let = |side: &syn::Expr| matches!(side, syn::Expr::Let(_));
        self.0 += usize::from(is_let(&binary.left) || is_let(&binary.right));
        visit::visit_expr_binary(self, binary);
    }
}

#[test]
fn no_source_has_syntax_that_the_oldest_rustc_lacks() {
    let mut paths = Vec::new();
    for dir in ["bindings/src", "generator/src", "tests/src", "tests/tests"] {
        sources(&checkout().join(dir), &mut paths);
    }
    for path in paths
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
    {
        let file = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
        let mut chains = LetChains::default();
        chains.visit_file(&file);
        assert_eq!(chains.0, 0, "{} has a let chain", path.display());
    }
}

/// The most lines of all the generator's sources.
const GENERATOR_LINES: usize = 11_500;

/// The most lines of all golden texts: they are there to be read.
const GOLDEN_LINES: usize = 3_000;

/// To raise a number, say why in the line above it.
#[test]
fn the_generator_and_its_golden_texts_stay_small() {
    for (dir, most) in [
        ("generator/src", GENERATOR_LINES),
        ("tests/golden", GOLDEN_LINES),
    ] {
        let mut paths = Vec::new();
        sources(&checkout().join(dir), &mut paths);
        let lines = paths.iter().map(|path| {
            let text = fs::read_to_string(path).unwrap();
            text.lines().count()
        });
        let lines: usize = lines.sum();
        assert!(lines <= most, "{dir} has {lines} lines, of {most} allowed");
    }
}
