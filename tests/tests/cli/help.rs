// SPDX-License-Identifier: GPL-2.0-only

//! `--help`, completions and manual pages.

use std::fs;

use assert_cmd::Command;
use clap::CommandFactory;
use predicates::prelude::*;
use predicates::str::contains;
use tcm_mod_builder::cli::Cli;
use xtask::fixture::FixtureTree;

use super::command;
use super::refusal::refused;

#[test]
fn help_names_every_option_and_command() {
    let mut assert = command().arg("--help").assert().success();
    for word in [
        "--proto",
        "--module",
        "--register-as",
        "--fabric-name",
        "--kernel",
        "--output",
        "--data-path",
        "--install",
        "--no-install",
        "--dry-run",
        "--force",
        "ops",
        "protocols",
        "Examples:\n  tcm-mod-builder doctor\n  tcm-mod-builder -p SAS -m tcm_x",
    ] {
        assert = assert.stdout(contains(word));
    }
    drop(assert);
}

/// Names of the subcommands.
fn subcommands() -> Vec<String> {
    let cli = Cli::command();
    let names = cli.get_subcommands().map(|sub| sub.get_name().to_owned());
    let names: Vec<_> = names.collect();
    assert!(names.contains(&"sync".to_owned()));
    names
}

#[test]
fn completions_name_every_subcommand() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let mut assert = command().args(["completions", shell]).assert().success();
        for name in subcommands() {
            // As a whole word: names of functions contain it, too.
            let word = format!(r#"[ '"(]{name}[ '":)]"#);
            assert = assert.stdout(predicate::str::is_match(word).unwrap());
        }
        assert.stdout(contains("register-as"));
    }
    command().args(["completions", "csh"]).assert().code(2);
}

#[test]
fn bash_completes_subcommands_and_their_options() {
    let output = command().args(["completions", "bash"]).output().unwrap();
    let script = String::from_utf8(output.stdout).unwrap();
    let complete = |words: &str| {
        // Arguments that bash passes: program, current word, previous word.
        let script = format!(
            "{script}\nCOMP_WORDS=(tcm-mod-builder {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             words=$(complete -p tcm-mod-builder); words=${{words#*-F }}\n\
             ${{words%% *}} tcm-mod-builder \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"\n\
             echo \"${{COMPREPLY[@]}}\""
        );
        let output = Command::new("bash").write_stdin(script).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for name in subcommands() {
        assert_eq!(complete(&name), format!("{name}\n"));
    }
    assert_eq!(complete("sync --ch"), "--check\n");
    // bash itself adds the directories.
    assert!(script.contains("compopt -o plusdirs"), "{script}");
    assert!(complete("sync ''").contains(" --check "));
    assert!(!script.contains("<DIR>") && !script.contains("[DIR]"));
    assert!(complete("-p S").contains("SAS"), "{}", complete("-p S"));
    assert!(complete("--register-as U").contains("UAS"));
    assert_eq!(complete("--data-path ''"), "nop loopback iscsi gadget\n");
}

#[test]
fn every_subcommand_has_a_manual_page() {
    let tree = FixtureTree::new().unwrap();
    let dir = tree.path().join("share/man1");
    let next = format!("Next: man -l {}/tcm-mod-builder.1\n", dir.display());
    command()
        .arg("man")
        .arg(&dir)
        .assert()
        .success()
        .stdout(next);
    let page = |name: &str| fs::read_to_string(dir.join(format!("{name}.1"))).unwrap();
    let program = page("tcm-mod-builder");
    let names = subcommands();
    for name in &names {
        let text = page(&format!("tcm-mod-builder-{name}"));
        let head = format!(".TH tcm-mod-builder-{name} 1 20");
        assert!(text.contains(&head), "{text}");
        let synopsis = format!(".SH SYNOPSIS\n\\fBtcm\\-mod\\-builder {name}\\fR");
        assert!(text.contains(&synopsis), "{text}");
        assert!(program.contains(&format!("\ntcm\\-mod\\-builder\\-{name}(1)\n")));
    }
    for section in [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "OPTIONS",
        "EXIT STATUS",
        "ENVIRONMENT",
        "FILES",
        "EXAMPLES",
        "SEE ALSO",
    ] {
        for name in &names {
            let page = page(&format!("tcm-mod-builder-{name}"));
            assert_eq!(
                page.matches(&format!(".SH {section}\n")).count(),
                1,
                "{page}"
            );
        }
        assert_eq!(program.matches(&format!(".SH {section}\n")).count(), 1);
    }
    // Each page has an example of its own command.
    for name in &names {
        let page = page(&format!("tcm-mod-builder-{name}"));
        assert!(
            page.contains(&format!("tcm\\-mod\\-builder {name}")),
            "{page}"
        );
    }
    assert_eq!(fs::read_dir(&dir).unwrap().count(), names.len() + 1);
    command().arg("man").assert().success().stdout(program);
}

#[test]
fn unwritable_directory_for_pages_is_an_error() {
    let tree = FixtureTree::new().unwrap();
    let mut man = command();
    man.arg("man").arg(tree.header());
    refused(
        &tree,
        &mut man,
        1,
        &["cannot write manual pages to", "target_core_fabric.h"],
    );
}
