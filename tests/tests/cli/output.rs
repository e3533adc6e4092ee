// SPDX-License-Identifier: GPL-2.0-only

//! Output on terminals and in pipes: JSON, tables, colours, suggestions, next steps.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use xtask::fixture::{FixtureTree, OPS};
use xtask::module::{Profile, builder};

use super::refusal::refused;
use super::{command, generate_for};

#[test]
fn ops_are_listed_as_json() {
    let tree = FixtureTree::new().unwrap();
    let output = command()
        .args(["ops", "--json", "--header"])
        .arg(tree.header())
        .output()
        .unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["struct"], "target_core_fabric_ops");
    assert_eq!(json["header"], tree.header().display().to_string());
    assert_eq!(json["ops"].as_array().unwrap().len(), OPS);
    assert_eq!(json["attribute_groups"].as_array().unwrap().len(), 11);
    let tag = &json["ops"][1];
    assert_eq!(tag["name"], "tpg_get_tag");
    assert_eq!(tag["required"], true);
    assert_eq!(tag["ret"], "u16");
    assert_eq!(tag["args"][0]["type"], "struct se_portal_group *");
    assert_eq!(tag["doc"], "");
    assert_eq!(json["fields"][2]["doc"], "A comment of one line.");
}

#[test]
fn differences_between_headers_are_shown() {
    let (old, new) = (FixtureTree::new().unwrap(), FixtureTree::new().unwrap());
    new.replace(&new.header(), "u16 (*tpg_get_tag)", "u32 (*tpg_get_tag)")
        .unwrap();
    let mut diff = command();
    diff.args(["ops", "-k"])
        .arg(old.path())
        .arg("--against")
        .arg(new.path());
    diff.assert()
        .success()
        .stdout(contains(
            "- u16 (*tpg_get_tag)(struct se_portal_group *) (required)",
        ))
        .stdout(contains(
            "+ u32 (*tpg_get_tag)(struct se_portal_group *) (required)",
        ))
        .stdout(contains("queue_status").not());
}

/// Output of a command on a terminal of 100 columns, with `setting` in its environment.
fn on_a_terminal(setting: &str, words: &str) -> String {
    let builder = builder(Profile::Dev).unwrap();
    let mut script = Command::new("script");
    let session = format!("stty cols 100; {setting} {} {words}", builder.display());
    script.args(["-qc", &session, "/dev/null"]);
    for name in ["COLUMNS", "NO_COLOR", "CLICOLOR_FORCE"] {
        script.env_remove(name);
    }
    script.env("TERM", "xterm");
    let output = script.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().replace('\r', "")
}

#[test]
fn tables_fit_the_terminal_and_are_not_folded_elsewhere() {
    let tree = FixtureTree::new().unwrap();
    for words in [
        "protocols".to_owned(),
        format!("ops -k {}", tree.path().display()),
    ] {
        let mut plain = command();
        let output = plain.args(words.split(' ')).output().unwrap();
        let unfolded = String::from_utf8(output.stdout).unwrap();
        let folded = on_a_terminal("", &words);
        let longest = |text: &str| text.lines().map(|line| line.chars().count()).max();
        assert!(longest(&unfolded) > Some(100), "{unfolded}");
        // The line with the header's path is not a row.
        let rows = folded
            .lines()
            .filter(|line| !line.contains(tree.path().to_str().unwrap()));
        assert!(
            rows.clone().all(|row| row.chars().count() <= 100),
            "{folded}"
        );
        assert!(folded.lines().count() > unfolded.lines().count());
        assert!(!folded.contains('\x1b') && !unfolded.contains('\x1b'));
        let narrow = on_a_terminal("", &format!("{words} | cat"));
        assert_eq!(narrow, unfolded);
        let narrow = on_a_terminal("COLUMNS=60", &words);
        assert!(narrow.lines().count() > folded.lines().count());
        for text in [folded, narrow] {
            let found: BTreeSet<_> = text.split_whitespace().collect();
            let broken = unfolded
                .split_whitespace()
                .find(|word| !found.contains(word));
            assert_eq!(broken, None, "{text}");
        }
    }
}

#[test]
fn colours_are_for_terminals_and_can_be_disabled() {
    assert!(on_a_terminal("", "docter").contains('\x1b'));
    assert!(!on_a_terminal("NO_COLOR=1", "docter").contains('\x1b'));
    command()
        .arg("docter")
        .assert()
        .stderr(contains("\x1b").not());
}

#[test]
fn misspelled_word_gets_a_suggestion() {
    let tree = FixtureTree::new().unwrap();
    for (wrong, meant) in [("isci", "iSCSI"), ("FCPP", "FCP"), ("pci", "PCIe")] {
        let (mut command, _) = generate_for(&tree, wrong);
        let said = format!("did you mean {meant}? choose one of FC");
        refused(&tree, &mut command, 1, &[&said]);
    }
    for (wrong, meant) in [("protocls", "protocols"), ("docter", "doctor")] {
        let assert = command().arg(wrong).assert().code(2);
        assert.stderr(contains("similar").and(contains(format!("'{meant}'"))));
    }
}

/// Commands with text output. Tests of `doctor` and `sync` are elsewhere.
#[test]
fn last_line_names_the_next_step() {
    let tree = FixtureTree::new().unwrap();
    let dir = tree.path().display().to_string();
    for words in [
        "protocols".to_owned(),
        format!("ops -k {dir}"),
        format!("man {dir}/man"),
        format!("-p FC -m tcm_x -k {dir} --dry-run"),
        format!("-p FC -m tcm_x -k {dir} -o {dir}/out"),
        format!("-p FC -m tcm_x -k {dir} --install"),
    ] {
        let output = command().args(words.split(' ')).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let last = said.lines().last().unwrap_or_default();
        assert!(last.starts_with("Next: "), "{words}: {said}");
    }
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let tree = FixtureTree::new().unwrap();
    let dir = tree.path().display();
    for words in [
        "--help".to_owned(),
        "--version".to_owned(),
        "completions bash".to_owned(),
        "man".to_owned(),
        format!("man {dir}/man"),
        "protocols".to_owned(),
        "protocols --json".to_owned(),
        format!("ops -k {dir}"),
        format!("ops --json -k {dir}"),
        format!("doctor --json -k {dir}"),
        format!("-p FC -m tcm_x -k {dir} --dry-run"),
        format!("-p FC -m tcm_x -k {dir}"),
        format!("-p FC -m tcm_x -k {dir} --install"),
    ] {
        let full = fs::File::create("/dev/full").unwrap();
        let mut command = std::process::Command::new(builder(Profile::Dev).unwrap());
        command.args(words.split(' ')).stdout(full);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{words}");
        let said = String::from_utf8(output.stderr).unwrap();
        let reason = "cannot write to standard output: No space left on device";
        assert!(said.contains(reason), "{words}: {said}");
        let is_written = said.contains("Error: the module is written; cannot print the report");
        assert_eq!(is_written, words.ends_with(" --install"), "{said}");
    }
}

/// The command of the last line that `words` write in a directory.
fn next(cwd: &Path, words: &[&str]) -> String {
    let mut generate = command();
    generate.current_dir(cwd).args(["-p", "FC"]).args(words);
    let output = generate.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let last = said.lines().last().unwrap_or_default();
    last.strip_prefix("Next: ").expect(&said).to_owned()
}

#[test]
fn next_command_works_in_the_working_directory() {
    let tree = FixtureTree::new().unwrap();
    fs::write(tree.path().join(".config"), "CONFIG_CC_IS_GCC=y\n").unwrap();
    let cwd = tree.path().parent().unwrap();
    let name = tree.path().file_name().unwrap().to_str().unwrap();
    // A program that says whether make would find the module and the kernel.
    let make = "make() { cd \"$2\" && test -f Makefile && test -f \"${3#KDIR=}/.config\"; }; ";
    let out = format!("{name}/sp ace's");
    let command = next(cwd, &["-m", "tcm_x", "-k", name, "-o", &out]);
    let mut shell = Command::new("sh");
    let script = format!("{make}{command}");
    shell
        .args(["-c", &script])
        .current_dir(cwd)
        .assert()
        .success();

    let in_tree = ["-m", "tcm_x", "-k", name];
    let refused = next(cwd, &[&in_tree[..], &["--no-install"]].concat());
    assert!(refused.starts_with("the same with --install"), "{refused}");
    let command = next(cwd, &[&in_tree[..], &["--install"]].concat());
    assert_eq!(
        command,
        format!(
            "{name}/scripts/config --file {name}/.config --module TCM_X && make -C {name} modules"
        )
    );
    // The module is in both files now, so that there is no question.
    assert_eq!(
        next(cwd, &[&in_tree[..], &["--no-install"]].concat()),
        command
    );
}

#[test]
fn directory_that_make_refuses_is_a_warning() {
    let tree = FixtureTree::new().unwrap();
    for (name, is_refused) in [("sp ace", true), ("a:b", true), ("fine", false)] {
        let mut generate = command();
        generate
            .args(["-p", "FC", "-m", "tcm_x", "-k"])
            .arg(tree.path());
        let assert = generate.arg("-o").arg(tree.path().join(name)).assert();
        let said = contains("cannot be built: the kernel's make takes no path with a blank");
        if is_refused {
            assert.success().stderr(said);
        } else {
            assert.success().stderr(said.not());
        }
    }
}

#[test]
fn closed_pipe_is_not_an_error() {
    let builder = builder(Profile::Dev).unwrap();
    for words in [
        "completions bash",
        "man",
        "protocols",
        "protocols --json",
        "--help",
    ] {
        // `true` exits without reading, so the pipe is closed before the program writes.
        let script = format!(
            "{{ sleep 0.2; {} {words}; echo $? >&2; }} | true",
            builder.display()
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).assert().success().stderr("0\n");
    }
}
