// SPDX-License-Identifier: GPL-2.0-only

//! `series`: patches that apply, whose texts are those of a module, and what is refused. That they
//! build and boot is for `cargo xtask series`.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use assert_cmd::Command;
use common::refused;
use predicates::str::contains;
use tcm_mod_builder::emit::without_mark;
use tempfile::TempDir;
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};
use xtask::shell::{checkout, output};

/// A kernel in git, and a place for patches.
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

    /// `series`, for a driver with this data path, to a directory of this name.
    fn series(&self, data_path: &str, name: &str) -> Command {
        self.series_of(self.tree.path(), data_path, name)
    }

    /// The same, with the kernel's tree named in this way.
    fn series_of(&self, tree: &Path, data_path: &str, name: &str) -> Command {
        let mut command = Command::new(builder(Profile::Dev).unwrap());
        command.args(["series", "-p", "iSCSI", "-m", "tcm_x"]);
        command.args(["--data-path", data_path, "-k"]);
        command.arg(tree).arg("-o").arg(self.dir(name));
        command.envs(IDENTITY).env("GIT_CONFIG_GLOBAL", "/dev/null");
        command
    }

    /// The patches in a directory, in order.
    fn patches(&self, name: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.dir(name)).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|end| end == "patch"));
        paths.sort();
        paths
    }

    /// Applies a series, on a branch of its name.
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

    /// Checks that a command fails, says all of `said`, and leaves everything as it was.
    fn refused(&self, command: &mut Command, said: &[&str]) {
        refused(&self.tree, command, 1, said);
    }
}

const IDENTITY: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "A U Thor"),
    ("GIT_AUTHOR_EMAIL", "author@example.org"),
    ("GIT_COMMITTER_NAME", "A U Thor"),
    ("GIT_COMMITTER_EMAIL", "author@example.org"),
];

/// git, whatever the user of this machine has configured.
fn git() -> process::Command {
    let mut git = process::Command::new("git");
    git.envs(IDENTITY).env("GIT_CONFIG_GLOBAL", "/dev/null");
    git
}

/// The files that a diff changes, as far as it shows them: with the lines that it takes away, or
/// with those that it adds.
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

/// The fixes of target core, as the project has them.
fn fixes() -> Vec<String> {
    let dir = checkout().join("kernel-template/series/fixes");
    let entries = fs::read_dir(dir).unwrap();
    let texts = entries.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    texts.collect()
}

/// The code of a Rust file without what differs between a module and the kernel's own tree: imports
/// and declarations of modules, with their attributes and comments.
fn body(text: &str) -> String {
    let mut file = syn::parse_file(text).unwrap();
    file.items
        .retain(|item| !matches!(item, syn::Item::Use(_) | syn::Item::Mod(_)));
    quote::quote!(#file).to_string()
}

/// The comments of a file, in order: they are to be the same, too.
fn comments(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| line.starts_with("//") && line.len() > 2)
        .collect()
}

#[test]
fn each_patch_applies_and_the_tree_stays_as_it_is() {
    let fixture = Fixture::new();
    let before = fixture.tree.snapshot().unwrap();
    fixture.series("loopback", "series").assert().success();
    assert!(before == fixture.tree.snapshot().unwrap());

    fixture.apply("series");
    let patches = fixture.patches("series");
    let cover = fs::read_to_string(&patches[0]).unwrap();
    assert!(!cover.contains("***") && cover.contains("tcm_x"), "{cover}");
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
        "tools/testing/selftests/drivers/target/tcm_x/selftest.sh",
    ]);
    assert!(mode.starts_with("100755"), "{mode}");
    for (list, line) in [
        (
            "tools/testing/selftests/Makefile",
            "TARGETS += drivers/target/tcm_x\n",
        ),
        (
            "Documentation/target/index.rst",
            "    rust-fabrics\n    tcm_x\n",
        ),
    ] {
        let text = fs::read_to_string(fixture.tree.path().join(list)).unwrap();
        assert!(text.contains(line), "{text}");
    }
    let page = fixture.git(&["show", "HEAD:Documentation/target/tcm_x.rst"]);
    assert!(page.contains("TARGETS=drivers/target/tcm_x"), "{page}");
}

#[test]
fn a_fix_is_written_for_a_tree_that_wants_it() {
    let fixture = Fixture::new();
    let texts = fixes();
    let subjects = texts.iter().map(|text| text.lines().next().unwrap());
    let subjects: Vec<_> = subjects.collect();
    let run = |name: &str| fixture.series("nop", name).assert().success();
    // The fixture has none of the files.
    let mut assert = run("unknown");
    for subject in &subjects {
        assert = assert.stderr(contains(format!("left out: {subject}\n")));
    }
    drop(assert);
    assert!(!fixture.dir("unknown/fixes").exists());

    for (path, text) in texts.iter().flat_map(|text| shown(text, '-')) {
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
            assert_eq!(found, text);
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
fn the_texts_are_those_of_the_module() {
    let fixture = Fixture::new();
    let module = fixture.dir("module");
    let mut generate = Command::new(builder(Profile::Dev).unwrap());
    generate.args(["-p", "iSCSI", "-m", "tcm_x", "--data-path", "loopback"]);
    generate
        .arg("-k")
        .arg(fixture.tree.path())
        .arg("-o")
        .arg(&module);
    generate.assert().success();
    fixture.series("loopback", "series").assert().success();
    fixture.apply("series");

    let mut compared = 0;
    let mut compare = |ours: &Path, theirs: &Path, same: fn(&str) -> String| {
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        let (ours, theirs_text) = (same(&read(ours)), read(theirs));
        assert_eq!(body(&ours), body(&theirs_text), "{}", theirs.display());
        // The ops say what to do about one that is new.
        if !theirs.ends_with("ops.rs") {
            assert_eq!(
                comments(&ours),
                comments(&theirs_text),
                "{}",
                theirs.display()
            );
        }
        compared += 1;
    };
    let driver = fixture.tree.path().join("drivers/target/tcm_x");
    for file in ["tcm_x.rs", "loopback.rs", "transport_id.rs", "rcu.rs"] {
        compare(&module.join(file), &driver.join(file), without_mark);
    }
    let layer = fixture.tree.path().join("rust/kernel/target");
    for entry in fs::read_dir(&layer).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if name != "tests.rs" {
            compare(&module.join("target").join(name), &path, without_mark);
        }
    }
    let host = fixture.tree.path().join("rust/kernel/scsi_host.rs");
    compare(&module.join("scsi_host.rs"), &host, |text| {
        without_mark(text)
            .replace("pub(crate) ", "pub ")
            .replace("bindings::tcm_x_", "bindings::")
    });
    assert_eq!(compared, 4 + 22 + 1);
    let root = fs::read_to_string(driver.join("tcm_x.rs")).unwrap();
    assert!(!root.contains("mod bindings") && root.contains("use kernel::{\n"));
}

#[test]
fn the_same_input_gives_the_same_patches() {
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
    fixture.series("nop", "one").assert().success();
    // However the tree is named.
    let mut relative = fixture.series_of(Path::new("."), "nop", "two");
    relative.current_dir(fixture.tree.path()).assert().success();
    assert!(read("one") == read("two"));
    fixture
        .series("nop", "two")
        .assert()
        .success()
        .stdout(contains("Unchanged: "));
}

/// What `git range-diff` shows of the series for a kernel without an op and for the next one, which
/// has it: `old` in the header becomes `new`.
fn range_diff(old: &str, new: &str) -> String {
    let fixture = Fixture::new();
    let header = fixture.tree.header();
    if !fs::read_to_string(&header).unwrap().contains(old) {
        fixture.tree.replace(&header, new, old).unwrap();
        fixture.commit("A kernel without an op");
    }
    let base = fixture.git(&["rev-parse", "HEAD"]);
    fixture.series("nop", "before").assert().success();
    fixture.apply("before");
    fixture.git(&["checkout", "--quiet", base.trim()]);
    fixture.tree.replace(&header, old, new).unwrap();
    fixture.commit("A kernel with it");
    let next = fixture.git(&["rev-parse", "HEAD"]);
    fixture.series("nop", "after").assert().success();
    fixture.apply("after");
    let (before, after) = (
        format!("{}..before", base.trim()),
        format!("{}..after", next.trim()),
    );
    fixture.git(&["range-diff", "--no-color", &before, &after])
}

/// The subjects of the patches that a `git range-diff` shows as changed.
fn changed(diff: &str) -> Vec<&str> {
    let headlines = diff.lines().filter_map(|line| {
        let (number, rest) = line.trim_start().split_once(": ")?;
        number.parse::<u32>().ok().map(|_| rest)
    });
    let changed = headlines.filter(|line| !line.contains(" = "));
    changed
        .map(|line| line.split_once(": ").map_or(line, |(_, subject)| subject))
        .map(|line| {
            line.split_once("rust: target: ")
                .map_or(line, |(_, what)| what)
        })
        .collect()
}

#[test]
fn an_op_that_is_new_changes_the_patches_that_have_ops() {
    let diff = range_diff(
        "int (*fabric_old)(struct se_portal_group *,",
        "int (*fabric_post_link)(struct se_portal_group *,",
    );
    let changed = changed(&diff);
    assert!(changed.contains(&"add portal groups"), "{diff}");
    assert!(!changed.contains(&"add a queue of commands"), "{diff}");
    assert!(
        diff.contains("fn fabric_post_link(") && !diff.contains("fn tpg_get_tag"),
        "{diff}"
    );
}

#[test]
fn an_op_that_nobody_knows_is_a_slot_that_stays_empty() {
    let op = "\tint (*queue_data_in)(struct se_cmd *);\n";
    let diff = range_diff(op, &format!("{op}\tvoid (*queue_hint)(struct se_cmd *);\n"));
    // The first patch with ops gets the slot. Others have it beside their own changes, and the page
    // of the driver says what is not there.
    let first = "add fabrics and their target ports";
    assert_eq!(changed(&diff).first(), Some(&first), "{diff}");
    for line in [
        "++        queue_hint: None,",
        "++        mem::offset_of!(Ops, queue_hint),",
        "++- Ops that are not implemented: ``queue_hint``.",
    ] {
        assert!(diff.lines().any(|other| other.trim() == line), "{diff}");
    }
    assert!(!diff.contains("fn queue_hint"), "{diff}");
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let fixture = Fixture::new();
    let out = fixture.dir("out");
    let series = || fixture.series("nop", "out");
    fixture.refused(
        &mut fixture.series("iscsi", "out"),
        &["--data-path iscsi", "iscsi_target_mod"],
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
    fixture.refused(&mut series(), &["not the root of a git repository", "-k"]);
    fs::rename(fixture.dir("git"), fixture.tree.path().join(".git")).unwrap();
    assert!(!out.exists());

    fs::create_dir(&out).unwrap();
    fs::write(out.join("mine"), "").unwrap();
    fixture.refused(&mut series(), &["out", "exists"]);
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
}

#[test]
fn a_series_that_somebody_has_edited_is_kept() {
    let fixture = Fixture::new();
    fixture.series("nop", "out").assert().success();
    let mut sync = Command::new(builder(Profile::Dev).unwrap());
    sync.arg("sync")
        .arg(fixture.dir("out"))
        .arg("-k")
        .arg(fixture.tree.path());
    fixture.refused(&mut sync, &["is a series of patches", "range-diff"]);

    fixture.refused(
        &mut fixture.series("loopback", "out"),
        &["exists", "--force"],
    );
    fixture
        .series("loopback", "out")
        .arg("--force")
        .assert()
        .success();
    let cover = fixture.dir("out").join("0000-cover-letter.patch");
    fs::write(&cover, "Mine\n").unwrap();
    fixture.refused(
        fixture.series("nop", "out").arg("--force"),
        &["has been changed", "0000-cover-letter.patch"],
    );
    assert_eq!(fs::read_to_string(cover).unwrap(), "Mine\n");
}
