// SPDX-License-Identifier: GPL-2.0-only

//! The README and the pages: their links lead somewhere, and their commands exist. The sessions on
//! the pages are run by the tests of their subjects.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use clap::{CommandFactory, Parser};
use regex::Regex;
use tcm_mod_builder::cli::Cli;
use tcm_mod_builder::protocol::PROTOCOLS;
use xtask::chart::{svg, with_rows};
use xtask::figures::Table;
use xtask::fixture::FixtureTree;
use xtask::recording::{generate, svg as svg_of_text};
use xtask::shell::checkout;

/// The README and all pages, each with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let outside = [
        "README.md",
        "CONTRIBUTING.md",
        "tests/README.md",
        "tests/series/README.md",
    ];
    let mut paths: Vec<_> = outside.map(|path| checkout().join(path)).into();
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

/// A page opens with `For READERS: …`. The index has a row for each, with its title and readers.
#[test]
fn pages_open_with_their_readers_and_are_in_the_index() {
    let index = checkout().join("generator/doc/README.md");
    let text = fs::read_to_string(&index).unwrap();
    let row = Regex::new(r"(?m)^\| \[([^\]]+)\]\(([^)]+)\) \| (.+) \|$").unwrap();
    let mut rows = BTreeMap::new();
    for found in row.captures_iter(&text) {
        let path = index.parent().unwrap().join(&found[2]).canonicalize();
        rows.insert(path.unwrap(), (found[1].to_owned(), found[3].to_owned()));
    }
    let opening = Regex::new(r"\A<!-- [^\n]*\n# ([^\n]+)\n\nFor ([^:]+): ").unwrap();
    let pages = pages();
    let pages = pages
        .iter()
        .filter(|(path, _)| *path != checkout().join("README.md"));
    for (path, text) in pages {
        let found = opening.captures(text);
        let found =
            found.unwrap_or_else(|| panic!("{} does not open with its readers", path.display()));
        if *path != index {
            let row = rows.remove(&path.canonicalize().unwrap());
            let expected = (found[1].to_owned(), found[2].replace('\n', " "));
            assert_eq!(row, Some(expected), "index, {}", path.display());
        }
    }
    assert!(rows.is_empty(), "{rows:?}");
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
    let mut lines = BTreeSet::new();
    for (_, text) in pages() {
        lines.extend(
            command
                .captures_iter(&text)
                .map(|found| found[1].to_owned()),
        );
        let whole = commands(&text, "cargo xtask ").into_iter();
        lines.extend(whole.map(|line| line["cargo xtask ".len()..].to_owned()));
    }
    assert!(lines.len() > 20, "{lines:?}");
    for line in lines {
        // Arguments before `--help` are checked, and nothing is done.
        let arguments = line.split(" -- ").next().unwrap().split_whitespace();
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(arguments.chain(["--help"]))
            .assert()
            .success();
    }
}

#[test]
fn targets_of_a_modules_makefile_exist() {
    let makefile = fs::read_to_string(checkout().join("kernel-template/build/Makefile")).unwrap();
    let rule = Regex::new(r"(?m)^([a-z_-]+):").unwrap();
    let known: BTreeSet<_> = rule
        .captures_iter(&makefile)
        .map(|it| it[1].to_owned())
        .collect();
    let inline = Regex::new(r"`make ([^`]+)`").unwrap();
    let mut seen = 0;
    for (path, text) in pages() {
        let mut lines = commands(&text, "make ");
        lines.extend(
            inline
                .captures_iter(&text)
                .map(|it| format!("make {}", &it[1])),
        );
        // The kernel's own makefile.
        lines.retain(|line| {
            !["LLVM=", "-C linux", "TARGETS=", "htmldocs"]
                .iter()
                .any(|it| line.contains(it))
        });
        for line in lines {
            let line = line.replace("-C ", "-C=");
            let words = line.split_whitespace().skip(1);
            let targets = words.filter(|word| !word.contains('=') && !word.starts_with('-'));
            for target in targets {
                assert!(
                    known.contains(target),
                    "{}: {line}: {target}",
                    path.display()
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 15, "{seen} targets");
}

#[test]
fn each_protocol_is_on_its_page_and_in_the_help() {
    let page = fs::read_to_string(checkout().join("generator/doc/protocols.md")).unwrap();
    let help = Cli::command().render_long_help().to_string();
    for protocol in &PROTOCOLS {
        let name = protocol.name;
        assert!(
            page.contains(&format!("| `{name}` ")),
            "protocols.md: {name}"
        );
        assert!(help.contains(&format!(" {name}")), "--help: {name}");
    }
}

/// The beginning of the recorded session. `cargo xtask test` records all of it.
#[test]
fn recorded_session_begins_with_the_generators_output() {
    let tree = FixtureTree::new().unwrap();
    let dir = tree.path().join("tcm_nab5000");
    let text = generate(tree.path(), &dir).unwrap();
    let picture = fs::read_to_string(checkout().join("generator/doc/session.svg")).unwrap();
    let begin = svg_of_text(&text);
    let lines: Vec<_> = begin
        .lines()
        .filter(|line| line.contains("</text>"))
        .collect();
    assert!(lines.len() > 6);
    let remedy = "run `cargo xtask demo --record`";
    assert!(
        picture.contains(&lines.join("\n")),
        "session.svg lacks:\n{text}\n{remedy}"
    );
}

#[test]
fn chart_and_rows_are_made_of_the_table_of_figures() {
    let text =
        |name: &str| fs::read_to_string(checkout().join("generator/doc").join(name)).unwrap();
    let table = Table::read().unwrap();
    let page = text("figures.md");
    let remedy = "is not made of figures.tsv; run `cargo xtask chart`";
    assert!(
        with_rows(&page, &table).unwrap() == page,
        "figures.md {remedy}"
    );
    assert!(
        svg(&table).unwrap() == text("figures.svg"),
        "figures.svg {remedy}"
    );
}
