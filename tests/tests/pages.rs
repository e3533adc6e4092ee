// SPDX-License-Identifier: GPL-2.0-only

//! The README and the pages: their links lead somewhere, and their commands exist. The sessions on
//! the pages are run by the tests of their subjects.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use clap::Parser;
use regex::Regex;
use tcm_mod_builder::cli::Cli;
use xtask::shell::checkout;

/// The README and all pages, each with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut paths: Vec<_> = ["README.md", "CONTRIBUTING.md", "tests/README.md"]
        .iter()
        .map(|path| checkout().join(path))
        .collect();
    let docs = fs::read_dir(checkout().join("generator/doc")).unwrap();
    paths.extend(docs.map(|entry| entry.unwrap().path()));
    paths.retain(|path| path.extension().is_some_and(|end| end == "md"));
    let text = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    };
    paths.into_iter().map(text).collect()
}

/// The anchors of a page, as forges make them of its headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title
            .chars()
            .filter(|it| it.is_alphanumeric() || " -_".contains(*it));
        kept.map(|it| if it == ' ' { '-' } else { it }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn links_lead_to_files_and_headings() {
    let link = Regex::new(r"\]\(([^)#\s]*)(?:#([^)]*))?\)").unwrap();
    let mut seen = 0;
    for (path, text) in pages() {
        for found in link.captures_iter(&text) {
            let target = &found[1];
            if target.contains("://") {
                continue;
            }
            let file = match target {
                "" => path.clone(),
                _ => path.parent().unwrap().join(target),
            };
            assert!(file.exists(), "{}: {target}", path.display());
            if let Some(anchor) = found.get(2) {
                let known = anchors(&fs::read_to_string(&file).unwrap());
                let is_known = known.contains(anchor.as_str());
                assert!(is_known, "{}: {target}#{}", path.display(), anchor.as_str());
            }
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} links");
}

/// The commands in the blocks of a page that begin with `program`, without the prompt and without
/// what follows them on the line.
fn commands(text: &str, program: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("    "));
    let lines = lines.map(|line| {
        line.trim_start()
            .trim_start_matches(['$', '#'])
            .trim_start()
    });
    let lines = lines.filter(|line| line.starts_with(program));
    let cut = |line: &str| line.split(" #").next().unwrap().trim().to_owned();
    lines.map(cut).collect()
}

#[test]
fn commands_of_the_generator_are_accepted() {
    let mut seen = 0;
    for (path, text) in pages() {
        for line in commands(&text, "tcm-mod-builder ") {
            // Syntax, and lists that go on.
            if line.contains(['[', '|', '…']) || line.contains("PROTO") || line.contains("   ") {
                continue;
            }
            let parsed = Cli::try_parse_from(line.split_whitespace());
            assert!(parsed.is_ok(), "{}: {line}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 8, "{seen} commands");
}

#[test]
fn commands_of_the_harness_exist() {
    let command = Regex::new(r"cargo xtask ([a-z]+)").unwrap();
    let mut names = BTreeSet::new();
    for (_, text) in pages() {
        names.extend(
            command
                .captures_iter(&text)
                .map(|found| found[1].to_owned()),
        );
    }
    assert!(names.len() > 8, "{names:?}");
    for name in names {
        let help = ["help", &name];
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(help)
            .assert()
            .success();
    }
}
