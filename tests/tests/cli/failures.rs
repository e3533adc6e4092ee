// SPDX-License-Identifier: GPL-2.0-only

//! Runs that fail or are killed while files are written.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;

use assert_cmd::Command;
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};
use xtask::suite::skip;

use super::refusal::refused;
use super::{FILES, generate};

/// Command that generates a module as `nobody`: permissions do not bind root. It runs a copy in the
/// tree, since `nobody` may have no access to the build directory.
fn as_nobody(tree: &FixtureTree) -> Command {
    let copy = tree.path().join("tcm-mod-builder");
    fs::copy(builder(Profile::Dev).unwrap(), &copy).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    command.arg(copy);
    command
        .args(["-p", "iSCSI", "-m", "tcm_nab5000", "--install", "-k"])
        .arg(tree.path());
    command.env("HOME", "/nonexistent").current_dir("/");
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0)
}

#[test]
fn unwritable_directory_changes_nothing() {
    if !is_root() {
        return skip("root, to change the user");
    }
    let tree = FixtureTree::new().unwrap();
    fs::set_permissions(tree.path(), fs::Permissions::from_mode(0o755)).unwrap();
    refused(
        &tree,
        &mut as_nobody(&tree),
        1,
        &[
            "cannot write to",
            "name another directory with -o DIR. Nothing has been changed.",
        ],
    );
}

/// Mounts a small tmpfs on the tree, in a separate mount namespace.
#[test]
fn full_disk_changes_nothing() {
    if !is_root() {
        return skip("root, to mount a small file system");
    }
    let tree = FixtureTree::new().unwrap();
    let script = format!(
        "set -e; cp -a {tree} {tree}.copy; mount -t tmpfs -o size=96k tmpfs {tree}; \
         cp -a {tree}.copy/. {tree}/; rm -r {tree}.copy; \
         find {tree} -type f -exec sha256sum {{}} + | sort > /tmp/before.$$; \
         if {builder} -p iSCSI -m tcm_nab5000 --install -k {tree} 2> /tmp/said.$$; then exit 3; fi; \
         grep -q 'No space left on device' /tmp/said.$$; \
         find {tree} -type f -exec sha256sum {{}} + | sort | cmp - /tmp/before.$$; \
         test -z \"$(ls -A {tree}/drivers/target | grep tcm)\"; rm /tmp/before.$$ /tmp/said.$$",
        tree = tree.path().display(),
        builder = builder(Profile::Dev).unwrap().display(),
    );
    Command::new("unshare")
        .args(["--mount", "sh", "-c", &script])
        .assert()
        .success();
}

/// Failpoint of each step of an installation, and the number of passes before it fails.
const STEPS: [(&str, u32); 9] = [
    ("stage-dir", 0),
    ("write-file", 0),
    ("write-file", 7),
    ("stage-edit", 1),
    ("place-dir", 0),
    ("place-edit", 0),
    ("place-edit", 2),
    ("place-edit", 4),
    ("place-edit", 5),
];

/// Command with `action` at one failpoint.
fn at_step(tree: &FixtureTree, (step, passes): (&str, u32), action: &str) -> Command {
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command
        .args(["-p", "iSCSI", "-m", "tcm_nab5000", "--install", "-k"])
        .arg(tree.path())
        .env(
            "FAILPOINTS",
            format!("{step}={passes}*off->1*return({action})->off"),
        )
        .current_dir("/");
    command
}

#[test]
fn failed_step_changes_nothing() {
    for step in STEPS {
        let tree = FixtureTree::new().unwrap();
        let said = ["a failure of the test's", "Nothing has been changed"];
        refused(&tree, &mut at_step(&tree, step, "fail"), 1, &said);
    }
}

/// The module is complete or absent, and Makefile and Kconfig refer to it only if it exists. The
/// next run completes the installation and removes leftovers.
#[test]
fn killed_run_leaves_a_complete_module_or_none() {
    let whole = FixtureTree::new().unwrap();
    generate(&whole).arg("--install").assert().success();
    let names = |tree: &FixtureTree| -> Vec<_> {
        let files = tree.snapshot().unwrap().into_iter();
        files
            .map(|(path, _)| path.strip_prefix(tree.path()).unwrap().to_owned())
            .collect()
    };
    let text = |path: PathBuf| fs::read_to_string(path).unwrap();
    for step in STEPS {
        let tree = FixtureTree::new().unwrap();
        let killed = at_step(&tree, step, "kill").output().unwrap();
        assert_eq!(killed.status.signal(), Some(6), "{step:?}: {killed:?}");
        let dir = tree.target().join("tcm_nab5000");
        for file in FILES.iter().filter(|_| dir.exists()) {
            let expected = text(whole.target().join("tcm_nab5000").join(file));
            assert_eq!(text(dir.join(file)), expected, "{step:?}");
        }
        for file in ["Makefile", "Kconfig"] {
            let refers = text(tree.target().join(file)).contains("tcm_nab5000");
            assert!(
                !refers || dir.exists(),
                "{step:?}: {file} refers to a missing directory"
            );
        }
        generate(&tree).arg("--install").assert().success();
        assert_eq!(names(&tree), names(&whole), "{step:?}");
    }
}

#[test]
fn leftovers_of_a_killed_run_are_removed() {
    let tree = FixtureTree::new().unwrap();
    let left = tree.target().join(".tcm-mod-builder-abc");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("Kbuild"), "half").unwrap();
    generate(&tree).arg("--no-install").assert().success();
    assert!(!left.exists());
}
