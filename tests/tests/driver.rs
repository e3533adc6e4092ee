// SPDX-License-Identifier: GPL-2.0-only

//! The drivers, `kernel-template/data_path/*/driver.rs`: they agree with the table of ops, with the
//! files beside them, and with rustfmt for any name.
//!
//! `TCM_BLESS=1 cargo test -p xtask --test driver` writes the sentences on the context of
//! each method.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use regex::Regex;
use tcm_bindings::Header;
use tcm_mod_builder::data_path::{DATA_PATHS, DataPath, find};
use tcm_mod_builder::emit::{self, Destination, Input};
use tcm_mod_builder::names::Names;
use tcm_mod_builder::plan;
use tcm_mod_builder::protocol::PROTOCOLS;
use xtask::fixture::FixtureTree;
use xtask::golden::is_blessing;
use xtask::module::{Profile, builder};
use xtask::own_path::protocol_of;
use xtask::shell::checkout;

/// Maximum length of a line of a comment.
const WIDTH: usize = 100;

/// The longest module name and fabric name.
const LONGEST: [&str; 2] = [
    "tcm_a_name_of_fifty_five_characters_that_is_the_longest",
    "a_name_of_31_characters_longest",
];

fn path(data_path: &DataPath) -> PathBuf {
    let dir = checkout().join("kernel-template/data_path");
    dir.join(data_path.name).join("driver.rs")
}

fn generate(tree: &FixtureTree, data_path: &str) -> PathBuf {
    let dir = tree.path().join(data_path);
    let mut command = assert_cmd::Command::new(builder(Profile::Dev).unwrap());
    let protocol = protocol_of(find(data_path).unwrap());
    command.args(["-p", protocol, "-m", "tcm_x", "--data-path", data_path]);
    command.arg("-k").arg(tree.path()).arg("-o").arg(&dir);
    // A method with another signature than its op would be a step for the author.
    command.assert().success().stdout(contains("To do").not());
    dir
}

/// Methods of a driver, each with the lines of its documentation.
fn documented(driver: &str) -> Vec<(String, Vec<&str>)> {
    let (_, methods) = driver.split_once("impl Operations for Fabric {\n").unwrap();
    let (mut found, mut docs) = (Vec::new(), Vec::new());
    for line in methods.lines() {
        if line.starts_with("    ///") {
            docs.push(line);
            continue;
        }
        if let Some(rest) = line.strip_prefix("    fn ") {
            let name = rest.split('(').next().unwrap();
            found.push((name.to_owned(), docs.clone()));
        }
        docs.clear();
    }
    found
}

/// The begins of the sentences on contexts.
const BEGINS: [&str; 2] = ["    /// Called in ", "    /// With direct completion, "];

/// Sentences on the context of a method, as lines of documentation.
fn context(op: &str) -> String {
    let sentences = plan::context(op)
        .unwrap_or_else(|| panic!("no row for {op}"))
        .for_author();
    let mut lines = vec![String::from("    ///")];
    for word in sentences.split(' ') {
        if lines.last().unwrap().len() + 1 + word.len() > WIDTH {
            lines.push(String::from("    ///"));
        }
        let line = lines.last_mut().unwrap();
        *line = format!("{line} {word}");
    }
    lines.join("\n")
}

#[test]
fn each_method_begins_with_the_context_of_its_op() {
    for data_path in DATA_PATHS {
        let file = path(data_path);
        let mut driver = fs::read_to_string(&file).unwrap();
        for (op, docs) in documented(&driver.clone()) {
            let wanted = format!("{}\n    ///\n", context(&op));
            assert!(
                !docs.is_empty(),
                "{}: {op} has no documentation: describe the method in a sentence, then bless it",
                file.display()
            );
            let old = docs.join("\n") + "\n";
            if old.starts_with(&wanted) && old.len() > wanted.len() {
                continue;
            }
            assert!(
                is_blessing(),
                "{}: {op} does not begin with\n{wanted}bless it with TCM_BLESS=1:\n{old}",
                file.display()
            );
            let rest = match old.split_once("    ///\n") {
                Some((context, rest)) if BEGINS.iter().any(|it| context.starts_with(it)) => rest,
                _ => &old,
            };
            let head = format!("    fn {op}(");
            driver = driver.replacen(&format!("{old}{head}"), &format!("{wanted}{rest}{head}"), 1);
        }
        fs::write(&file, driver).unwrap();
    }
}

#[test]
fn each_op_is_a_method_or_left_to_target_core() {
    let name = Regex::new("`([a-z_]+)`").unwrap();
    for data_path in DATA_PATHS {
        let (head, _) = data_path.driver.split_once("#![deny").unwrap();
        let (_, left) = head.split_once("Ops left to target core").unwrap();
        let left = name.captures_iter(left).map(|name| name[1].to_owned());
        let methods = documented(data_path.driver).into_iter().map(|(op, _)| op);
        let methods: BTreeSet<_> = methods.filter(|op| op != "init").collect();
        let left: BTreeSet<_> = left.collect();
        assert!(left.is_disjoint(&methods), "{}: {left:?}", data_path.name);
        let all = &left | &methods;
        let ops = plan::op_names().filter(|op| *op != "check_stop_free");
        assert_eq!(
            all,
            ops.map(ToOwned::to_owned).collect(),
            "{}",
            data_path.name
        );
    }
}

#[test]
fn op_has_one_row() {
    let mut ops: Vec<_> = plan::op_names().collect();
    let count = ops.len();
    ops.sort_unstable();
    ops.dedup();
    assert_eq!(ops.len(), count);
}

#[test]
fn each_attribute_is_in_the_page() {
    let entry =
        Regex::new(r"(?m)^ {4,8}(\w+): (?:\w+::)*[A-Z]\w+,$|> \{ (\w+): (?:\w+::)*\w+ \}").unwrap();
    for data_path in DATA_PATHS {
        let sources = data_path.parts.iter().flat_map(|part| part.sources);
        let texts = [data_path.driver]
            .into_iter()
            .chain(sources.map(|source| source.text));
        let lists = texts.flat_map(|text| text.split("attributes!(").skip(1));
        let text: String = lists
            .filter_map(|list| Some(list.split_once(");")?.0))
            .collect();
        let names = entry.captures_iter(&text);
        let names = names.filter_map(|found| found.get(1).or(found.get(2)));
        let names: BTreeSet<_> = names.map(|name| name.as_str()).collect();
        // The page describes it for all modules.
        assert!(names.contains("version"), "{}: {names:?}", data_path.name);
        for name in names.iter().filter(|name| **name != "version") {
            let wanted = format!("\n``{name}``\n    ");
            let has = data_path.attributes.contains(&wanted);
            assert!(has, "{}: attributes.rst has no {name}", data_path.name);
        }
    }
}

#[test]
fn driver_declares_the_modules_beside_it() {
    let tree = FixtureTree::new().unwrap();
    let declared = Regex::new(r"(?m)^(#\[allow\(unsafe_code\)\]\n)?(?:pub )?mod (\w+);$").unwrap();
    for data_path in DATA_PATHS {
        let dir = generate(&tree, data_path.name);
        let manifest = tcm_mod_builder::module::manifest::Manifest::read(&dir).unwrap();
        let files = manifest.files().filter_map(|(path, owner)| {
            let name = path.strip_suffix(".rs")?;
            let is_root =
                ["tcm_x", "host_tests", "kernel_probes"].contains(&name) || name.contains('/');
            let is_authors = owner == tcm_mod_builder::module::files::Owner::Author;
            (!is_root).then(|| (name.to_owned(), is_authors))
        });
        let driver = fs::read_to_string(dir.join("tcm_x.rs")).unwrap();
        let modules = declared.captures_iter(&driver);
        let modules = modules.map(|found| (found[2].to_owned(), found.get(1).is_none()));
        assert_eq!(
            modules.collect::<BTreeSet<_>>(),
            files.collect(),
            "{}",
            data_path.name
        );
    }
}

/// Returns true if rustfmt does not change a text.
fn is_formatted(text: &str) -> bool {
    let mut rustfmt = Command::new("rustfmt");
    rustfmt
        .args(["--edition", "2021"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = rustfmt
        .spawn()
        .expect("rustfmt is missing: apt install rustfmt");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    output.status.success() && String::from_utf8(output.stdout).unwrap() == text
}

#[test]
fn driver_of_any_protocol_and_name_passes_rustfmt() {
    assert!(!is_formatted("fn  a() {}\n"));
    let tree = FixtureTree::new().unwrap();
    let model = tcm_bindings::read(&Header::in_tree(tree.path()).unwrap()).unwrap();
    let plan = plan::plan(&model).unwrap();
    for data_path in DATA_PATHS {
        let protocols = PROTOCOLS.iter().filter(|protocol| {
            data_path.protocols.is_empty() || data_path.protocols.contains(&protocol.name)
        });
        for (protocol, names) in
            protocols.flat_map(|protocol| [(protocol, ["q", "z"]), (protocol, LONGEST)])
        {
            let files = emit::module(&Input {
                plan: &plan,
                protocol,
                registered: protocol,
                names: &Names::new(names[0], Some(names[1])).unwrap(),
                destination: Destination::OutOfTree,
                data_path,
            });
            let files = files.unwrap();
            let driver = &files.get(&format!("{}.rs", names[0])).unwrap().text;
            assert!(is_formatted(driver), "{} {names:?}", protocol.name);
            let is_long = |line: &&str| line.starts_with("//") && line.len() > WIDTH;
            assert_eq!(driver.lines().find(is_long), None);
        }
    }
}

#[test]
fn method_with_another_signature_is_reported() {
    let tree = FixtureTree::new().unwrap();
    tree.replace(&tree.header(), "u16 (*tpg_get_tag)", "u32 (*tpg_get_tag)")
        .unwrap();
    let mut command = assert_cmd::Command::new(builder(Profile::Dev).unwrap());
    command
        .args(["-p", "SAS", "-m", "tcm_x", "-k"])
        .arg(tree.path());
    command.arg("-o").arg(tree.path().join("out"));
    command.assert().success().stdout(contains(
        "To do: tcm_x.rs: `fn tpg_get_tag` must be `fn tpg_get_tag(se_tpg: &Tpg<Self>) -> u32`\n",
    ));
}
