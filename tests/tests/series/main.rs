// SPDX-License-Identifier: GPL-2.0-only

//! The series of patches for the kernel: they apply, their texts match a module, and unfit trees
//! are refused. `cargo xtask series` tests that they build and boot.

mod layer;
mod range_diff;
#[path = "../refusal/mod.rs"]
mod refusal;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use assert_cmd::Command;
use predicates::str::contains;
use refusal::refused;
use tempfile::TempDir;
use xtask::fixture::FixtureTree;
use xtask::shell::{checkout, output};

/// A kernel in git, and a directory for patches.
struct Fixture {
    tree: FixtureTree,
    out: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let fixture = Self {
            tree: FixtureTree::new().unwrap(),
            out: tempfile::tempdir().unwrap(),
        };
        fixture.git(&["init", "--quiet", "--initial-branch=main"]);
        fixture.commit("A kernel");
        fixture
    }

    fn git(&self, words: &[&str]) -> String {
        let mut git = git();
        output(git.arg("-C").arg(self.tree.path()).args(words)).unwrap()
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    fn dir(&self, name: &str) -> PathBuf {
        self.out.path().join(name)
    }

    /// Command that writes the series with `driver` to the directory `name`.
    fn series(&self, driver: &str, name: &str) -> Command {
        self.series_of(self.tree.path(), driver, name)
    }

    /// The same, with the path of the kernel's tree.
    fn series_of(&self, tree: &Path, driver: &str, name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["series", driver, "--write"]);
        command.arg(self.dir(name)).arg("--kernel").arg(tree);
        command.envs(IDENTITY).env("GIT_CONFIG_GLOBAL", "/dev/null");
        command
    }

    /// Patches in a directory, in order.
    fn patches(&self, name: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.dir(name)).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|end| end == "patch"));
        paths.sort();
        paths
    }

    /// Applies a series on a branch of its name.
    fn apply(&self, name: &str) {
        self.git(&["checkout", "--quiet", "-b", name]);
        self.am(&self.patches(name));
    }

    fn am(&self, patches: &[PathBuf]) {
        let mut am = git();
        am.arg("-C").arg(self.tree.path());
        am.args(["am", "--quiet", "--empty=drop"]);
        output(am.args(patches)).unwrap();
    }

    /// Checks that a command fails with all of `said`, and leaves the tree unchanged.
    fn refused(&self, command: &mut Command, said: &[&str]) {
        refused(&self.tree, command, 1, said);
    }
}

/// Drivers with and without a data path.
const LOOPBACK: &str = "tcm_loop_rust";
const NOP: &str = "tcm_nop_rust";

const IDENTITY: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "A U Thor"),
    ("GIT_AUTHOR_EMAIL", "author@example.org"),
    ("GIT_COMMITTER_NAME", "A U Thor"),
    ("GIT_COMMITTER_EMAIL", "author@example.org"),
];

/// git without the configuration of the user.
fn git() -> process::Command {
    let mut git = process::Command::new("git");
    git.envs(IDENTITY).env("GIT_CONFIG_GLOBAL", "/dev/null");
    git
}

/// Files of a diff, as far as it shows them: with the removed lines for the sign `-`, or the added
/// ones for `+`.
fn shown(diff: &str, sign: char) -> BTreeMap<&str, String> {
    let mut files = BTreeMap::new();
    let (mut path, mut is_text) = ("", false);
    for line in diff.lines() {
        if let Some(name) = line.strip_prefix("+++ b/") {
            path = name;
        } else if line.starts_with("diff ") {
            is_text = false;
        } else if line.starts_with("@@ ") {
            is_text = true;
        } else if is_text && line.starts_with([' ', sign]) {
            files
                .entry(path)
                .or_insert_with(String::new)
                .push_str(&format!("{}\n", &line[1..]));
        }
    }
    files
}

/// Patches that fix target core.
fn fixes() -> Vec<String> {
    let dir = checkout().join("tests/series/fixes");
    let entries = fs::read_dir(dir).unwrap();
    let texts = entries.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    texts.collect()
}

#[test]
fn patches_apply_and_writing_them_changes_no_tree() {
    let fixture = Fixture::new();
    let before = fixture.tree.snapshot().unwrap();
    fixture.series(LOOPBACK, "series").assert().success();
    assert!(before == fixture.tree.snapshot().unwrap());

    fixture.apply("series");
    let patches = fixture.patches("series");
    let cover = fs::read_to_string(&patches[0]).unwrap();
    assert!(
        !cover.contains("***") && cover.contains(LOOPBACK),
        "{cover}"
    );
    for patch in &patches[1..] {
        let text = fs::read_to_string(patch).unwrap();
        let signed = "\nSigned-off-by: A U Thor <author@example.org>\n---\n";
        assert!(text.contains(signed), "{}", patch.display());
        let message = text.split("\n---\n").next().unwrap();
        let (_, message) = message.split_once("\n\n").unwrap();
        assert!(message.lines().all(|line| line.len() <= 76), "{message}");
    }
    let maintainers = fs::read_to_string(fixture.tree.path().join("MAINTAINERS")).unwrap();
    assert!(
        maintainers.contains("SCSI TARGET SUBSYSTEM [RUST]\nM:\tA U Thor <author@example.org>\n")
    );
    let mode = fixture.git(&[
        "ls-tree",
        "HEAD",
        "tools/testing/selftests/drivers/target/tcm_loop_rust/selftest.sh",
    ]);
    assert!(mode.starts_with("100755"), "{mode}");
    for (list, line) in [
        (
            "tools/testing/selftests/Makefile",
            "TARGETS += drivers/target/tcm_loop_rust\n",
        ),
        (
            "Documentation/target/index.rst",
            "    rust-fabrics\n    tcm_loop_rust\n",
        ),
    ] {
        let text = fs::read_to_string(fixture.tree.path().join(list)).unwrap();
        assert!(text.contains(line), "{text}");
    }
    let page = fixture.git(&["show", "HEAD:Documentation/target/tcm_loop_rust.rst"]);
    assert!(
        page.contains("TARGETS=drivers/target/tcm_loop_rust"),
        "{page}"
    );
}

#[test]
fn fix_is_written_for_a_tree_that_needs_it() {
    let fixture = Fixture::new();
    let texts = fixes();
    let subjects = texts.iter().map(|text| text.lines().next().unwrap());
    let subjects: Vec<_> = subjects.collect();
    let run = |name: &str| fixture.series(NOP, name).assert().success();
    // The fixture has none of the files that the fixes change.
    let mut assert = run("unknown");
    for subject in &subjects {
        assert = assert.stderr(contains(format!("left out: {subject}\n")));
    }
    drop(assert);
    assert!(!fixture.dir("unknown/fixes").exists());

    // Two fixes may change one file.
    let mut files = BTreeMap::<_, String>::new();
    for (path, text) in texts.iter().flat_map(|text| shown(text, '-')) {
        *files.entry(path).or_default() += &text;
    }
    for (path, text) in files {
        fs::write(fixture.tree.path().join(path), text).unwrap();
    }
    fixture.commit("Target core with faults");
    run("wanted");
    let patches = fixture.patches("wanted/fixes");
    assert_eq!(patches.len(), texts.len());
    for patch in patches {
        fixture.git(&["checkout", "--quiet", "-B", "alone", "main"]);
        fixture.am(std::slice::from_ref(&patch));
        let patch = fs::read_to_string(patch).unwrap();
        let said = "\nSigned-off-by: A U Thor <author@example.org>\n---\n";
        assert!(patch.contains(said) && patch.contains("\nSubject: [PATCH] scsi: target: core: "));
        for (path, text) in shown(&patch, '+') {
            let found = fs::read_to_string(fixture.tree.path().join(path)).unwrap();
            assert!(found.contains(&text), "{found}");
        }
    }

    fixture.git(&["checkout", "--quiet", "main"]);
    fixture.am(&fixture.patches("wanted/fixes"));
    let mut assert = run("mended");
    for subject in &subjects {
        assert = assert.stdout(contains(format!("has it: {subject}\n")));
    }
    drop(assert);
    assert!(!fixture.dir("mended/fixes").exists());
}

#[test]
fn same_input_gives_the_same_patches() {
    let fixture = Fixture::new();
    let read = |name: &str| -> BTreeMap<_, _> {
        let patches = fixture.patches(name).into_iter();
        patches
            .map(|path| {
                (
                    path.file_name().unwrap().to_owned(),
                    fs::read(&path).unwrap(),
                )
            })
            .collect()
    };
    fixture.series(NOP, "one").assert().success();
    // A relative path makes no difference.
    let mut relative = fixture.series_of(Path::new("."), NOP, "two");
    relative.current_dir(fixture.tree.path()).assert().success();
    assert!(read("one") == read("two"));
}

#[test]
fn unfit_tree_or_request_is_refused() {
    let fixture = Fixture::new();
    let out = fixture.dir("out");
    let series = || fixture.series(NOP, "out");
    fixture.refused(
        &mut fixture.series("tcm_x", "out"),
        &["no series has tcm_x", LOOPBACK, NOP],
    );
    let names = IDENTITY.map(|(name, _)| name);
    let mut unknown = series();
    for name in names {
        unknown.env_remove(name);
    }
    unknown.env_remove("EMAIL").env("HOME", "/nonexistent");
    fixture.refused(&mut unknown, &["git config --global user.name"]);

    let header = fixture.tree.header();
    let text = fs::read_to_string(&header).unwrap();
    fs::write(&header, format!("{text}\n/* Not committed. */\n")).unwrap();
    let said = [
        "not committed",
        "include/target/target_core_fabric.h",
        "commit or stash",
    ];
    fixture.refused(&mut series(), &said);
    fs::write(&header, text).unwrap();

    let crates = fixture.tree.path().join("rust/kernel");
    fs::remove_file(crates.join("sync/completion.rs")).unwrap();
    fixture.refused(
        &mut series(),
        &["Completion (rust/kernel/sync/completion.rs)", "7.3"],
    );
    fixture.git(&["checkout", "--", "."]);
    fs::write(crates.join("target.rs"), "").unwrap();
    fixture.refused(&mut series(), &["rust/kernel/target.rs already"]);
    fs::remove_file(crates.join("target.rs")).unwrap();
    let maintainers = fixture.tree.path().join("MAINTAINERS");
    fs::write(&maintainers, "").unwrap();
    fixture.refused(
        &mut series(),
        &["MAINTAINERS has no entry `SCSI TARGET SUBSYSTEM`"],
    );
    fixture.git(&["checkout", "--", "."]);

    fs::rename(fixture.tree.path().join(".git"), fixture.dir("git")).unwrap();
    fixture.refused(&mut series(), &["not the root of a git repository"]);
    fs::rename(fixture.dir("git"), fixture.tree.path().join(".git")).unwrap();
    assert!(!out.exists());

    fs::create_dir(&out).unwrap();
    fs::write(out.join("mine"), "").unwrap();
    fixture.refused(&mut series(), &["out is not empty"]);
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
}
