// SPDX-License-Identifier: GPL-2.0-only

//! Files that exist before a run: replaced, kept, or a reason to refuse.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use predicates::str::contains;
use rustix::fs::FlockOperation;
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};
use xtask::shell::lock;

use super::refusal::refused;
use super::{PAGE, command, generate};

/// A tree with the module of [`generate`], and the directory of the module.
fn generated() -> (FixtureTree, PathBuf) {
    let tree = FixtureTree::new().unwrap();
    generate(&tree).arg("--no-install").assert().success();
    let dir = tree.target().join("tcm_nab5000");
    (tree, dir)
}

/// Command that generates a module of this name for another protocol.
fn generate_for_fc(tree: &FixtureTree) -> Command {
    let mut command = command();
    command.args(["-p", "FC", "-m", "tcm_nab5000", "--no-install", "-k"]);
    command.arg(tree.path());
    command
}

/// Checks that `--force` is refused.
fn force_refused(tree: &FixtureTree, said: &[&str]) {
    refused(tree, generate(tree).arg("--force"), 1, said);
}

#[test]
fn edited_file_elsewhere_in_the_tree_is_kept() {
    let tree = FixtureTree::new().unwrap();
    let page = tree.path().join(PAGE);
    fs::create_dir_all(page.parent().unwrap()).unwrap();
    fs::write(&page, "Edited.\n").unwrap();
    let said = [PAGE, "move it away"];
    refused(&tree, generate(&tree).arg("--install"), 1, &said);
    force_refused(&tree, &said);
    fs::remove_file(&page).unwrap();
    generate(&tree).arg("--install").assert().success();

    // An unedited page is replaced, an edited one is kept.
    generate_for_fc(&tree).arg("--force").assert().success();
    let text = fs::read_to_string(&page).unwrap();
    assert!(text.contains("Fibre Channel"), "{text}");
    fs::write(&page, text + "Edited.\n").unwrap();
    force_refused(&tree, &["have been edited", PAGE]);
}

#[test]
fn foreign_directory_is_kept() {
    let tree = FixtureTree::new().unwrap();
    let dir = tree.target().join("tcm_nab5000");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("precious.c"), "int x;\n").unwrap();
    refused(
        &tree,
        &mut generate(&tree),
        1,
        &["tcm_nab5000: it exists", "--force"],
    );
    force_refused(&tree, &["so it is not a generated module"]);
}

#[test]
fn force_replaces_unedited_files() {
    let (tree, dir) = generated();
    let mut other = generate_for_fc(&tree);
    refused(&tree, &mut other, 1, &["exists", "--force"]);
    other.arg("--force").assert().success();
    let driver = fs::read_to_string(dir.join("tcm_nab5000.rs")).unwrap();
    assert!(driver.contains("Fibre Channel"));
    assert!(staged(&tree.target()).is_empty());
}

#[test]
fn force_keeps_edited_and_added_files() {
    let (tree, dir) = generated();
    tree.replace(
        &dir.join("tcm_nab5000.rs"),
        "struct Fabric;",
        "struct Fabric; // Mine.",
    )
    .unwrap();
    fs::write(dir.join("transport.rs"), "// Mine too.\n").unwrap();
    force_refused(&tree, &["tcm_nab5000.rs, transport.rs"]);
}

#[test]
fn repository_is_named_once_by_force() {
    let tree = FixtureTree::new().unwrap();
    generate(&tree).arg("--no-install").assert().success();
    let dir = tree.target().join("tcm_nab5000");
    fs::create_dir_all(dir.join(".git/objects/ab")).unwrap();
    fs::write(dir.join(".git/objects/ab/cd"), "x").unwrap();
    fs::write(dir.join(".git/HEAD"), "x").unwrap();
    fs::write(dir.join("target/mine.rs"), "").unwrap();
    tree.replace(
        &dir.join("tcm_nab5000.rs"),
        "struct Fabric;",
        "struct Fabric; //",
    )
    .unwrap();
    let said = "generated (tcm_nab5000.rs, .git/, target/mine.rs);";
    let other = "generated (tcm_nab5000.rs, target/mine.rs, .git/);";
    let output = generate(&tree).arg("--force").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(said) || text.contains(other), "{text}");
}

#[test]
fn empty_directory_is_filled_and_keeps_its_mode() {
    let tree = FixtureTree::new().unwrap();
    let dir = tree.path().join("empty");
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
    // A leftover of a killed run.
    fs::create_dir(dir.join(".tcm-mod-builder-abc")).unwrap();
    let inode = fs::metadata(&dir).unwrap().ino();
    let mut here = generate(&tree);
    here.current_dir(&dir).args(["-o", "."]).assert().success();
    let metadata = fs::metadata(&dir).unwrap();
    assert_eq!(metadata.ino(), inode);
    assert_eq!(metadata.permissions().mode() & 0o777, 0o700);
    assert!(dir.join("target/ops.rs").is_file() && dir.join("Makefile").is_file());
    assert!(staged(&dir).is_empty());
    let mut again = generate(&tree);
    let again = again.current_dir(&dir).args(["-o", "."]).assert();
    again.success().stdout(contains("Unchanged: "));
}

#[test]
fn failure_leaves_an_empty_directory_empty() {
    let tree = FixtureTree::new().unwrap();
    let dir = tree.path().join("empty");
    fs::create_dir(&dir).unwrap();
    for step in ["stage-dir", "write-file", "place-dir"] {
        let mut failing = generate(&tree);
        failing.env("FAILPOINTS", format!("{step}=return(fail)"));
        let said = ["a failure of the test's", "Nothing has been changed"];
        refused(&tree, failing.arg("-o").arg(&dir), 1, &said);
    }
}

#[test]
fn force_replaces_the_module_in_the_working_directory() {
    let tree = FixtureTree::new().unwrap();
    let dir = tree.path().join("here");
    let generate = |words: &[&str]| {
        let mut generate = command();
        generate
            .current_dir(&dir)
            .args(["-m", "tcm_x", "-o", ".", "-k"]);
        generate.arg(tree.path()).args(words).assert()
    };
    fs::create_dir(&dir).unwrap();
    let inode = fs::metadata(&dir).unwrap().ino();
    generate(&["-p", "iSCSI", "--data-path", "iscsi"]).success();
    let again = generate(&["-p", "SAS", "--data-path", "loopback", "--force"]).success();
    again
        .stdout(contains("Removing file: ./iscsi/auth.rs"))
        .stdout(contains("Writing file: ./loopback.rs"));
    assert_eq!(fs::metadata(&dir).unwrap().ino(), inode);
    assert!(dir.join("loopback.rs").is_file() && !dir.join("iscsi").exists());
    let unchanged = generate(&["-p", "SAS", "--data-path", "loopback"]).success();
    unchanged.stdout(contains("Unchanged: ."));
    let driver = fs::read_to_string(dir.join("tcm_x.rs")).unwrap();
    assert!(driver.contains("SAS"), "{driver}");
}

/// A run that fails changes nothing; one that is killed can be repeated.
#[test]
fn replacing_that_fails_or_is_killed_can_be_repeated() {
    let (tree, _) = generated();
    let mut dry = generate_for_fc(&tree);
    let output = dry.args(["--force", "--dry-run"]).output().unwrap();
    let edits = String::from_utf8(output.stdout).unwrap();
    let last = u32::try_from(edits.matches(" file: ").count()).unwrap() - 1;
    for passes in [0, 3, 6, last] {
        let (tree, dir) = generated();
        let before = tree.snapshot().unwrap();
        let mut failing = generate_for_fc(&tree);
        failing
            .arg("--force")
            .env("FAILPOINTS", at_edit(passes, "fail"));
        failing
            .assert()
            .code(1)
            .stderr(contains("Nothing has been changed"));
        assert_eq!(tree.snapshot().unwrap(), before);

        let mut killed = generate_for_fc(&tree);
        killed
            .arg("--force")
            .env("FAILPOINTS", at_edit(passes, "kill"));
        assert_eq!(killed.output().unwrap().status.signal(), Some(6));
        generate_for_fc(&tree).arg("--force").assert().success();
        let driver = fs::read_to_string(dir.join("tcm_nab5000.rs")).unwrap();
        assert!(driver.contains("Fibre Channel"));
        let manifest = fs::read_to_string(dir.join(".tcm-mod-builder.json")).unwrap();
        assert!(manifest.contains("\"protocol\": \"FC\""), "{manifest}");
        assert!(staged(&dir).is_empty() && staged(&tree.target()).is_empty());
        check_sync(&tree, &dir);
    }
}

/// Runs `sync --check`, which must find the module up to date.
fn check_sync(tree: &FixtureTree, dir: &Path) {
    let mut sync = command();
    sync.arg("sync").arg(dir).args(["--check", "-k"]);
    sync.arg(tree.path()).assert().success();
}

/// The names of staged files in a directory.
fn staged(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().flatten();
    let names = names.map(|entry| entry.file_name().into_string().unwrap());
    names
        .filter(|name| name.starts_with(".tcm-mod-builder-"))
        .collect()
}

#[test]
fn missing_manifest_is_written_again() {
    let (tree, dir) = generated();
    let manifest = dir.join(".tcm-mod-builder.json");
    let before = tree.snapshot().unwrap();
    fs::remove_file(&manifest).unwrap();
    let written = format!("Writing file: {}", manifest.display());
    let again = generate(&tree).arg("--no-install").assert().success();
    again.stdout(contains(written));
    assert_eq!(tree.snapshot().unwrap(), before);
}

/// The other run adds a module to the same makefile.
#[test]
fn file_that_another_run_changes_meanwhile_is_kept() {
    let tree = FixtureTree::new().unwrap();
    let held = lock(&tree.target(), FlockOperation::LockExclusive).unwrap();
    let mut waiting = std::process::Command::new(builder(Profile::Dev).unwrap());
    waiting.args(["-p", "SAS", "-m", "tcm_x", "--install", "-k"]);
    let waiting = waiting.arg(tree.path()).stderr(Stdio::piped());
    let waiting = waiting.stdout(Stdio::null()).spawn().unwrap();
    let is_waiting = |line: &str| {
        let mut words = line.split_whitespace();
        line.contains("-> FLOCK") && words.any(|word| word == waiting.id().to_string())
    };
    let locks = || fs::read_to_string("/proc/locks").unwrap();
    let start = Instant::now();
    while !locks().lines().any(is_waiting) {
        assert!(start.elapsed().as_secs() < 60, "no lock was waited for");
        std::thread::sleep(Duration::from_millis(20));
    }
    let makefile = tree.target().join("Makefile");
    let text = fs::read_to_string(&makefile).unwrap() + "obj-m += other/\n";
    fs::write(&makefile, text).unwrap();
    let before = tree.snapshot().unwrap();
    drop(held);
    let output = waiting.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("Makefile: it has changed meanwhile; run"),
        "{said}"
    );
    assert_eq!(tree.snapshot().unwrap(), before);
}

/// Setting of the failpoints for a failure after this number of edits.
fn at_edit(passes: u32, action: &str) -> String {
    format!("place-edit={passes}*off->1*return({action})->off")
}

#[test]
fn build_products_do_not_stop_force() {
    let (tree, dir) = generated();
    for name in [
        "tcm_nab5000.o",
        ".tcm_nab5000.o.cmd",
        "Module.symvers",
        "bindings_generated.rs",
        "bindings_tested.rs",
        "layout_generated.h",
    ] {
        fs::write(dir.join(name), "x").unwrap();
    }
    generate_for_fc(&tree).arg("--force").assert().success();
}
