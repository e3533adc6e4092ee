// SPDX-License-Identifier: GPL-2.0-only

//! The command line, with right and wrong input: what it writes, what it says, what it leaves.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;

use assert_cmd::Command;
use clap::CommandFactory;
use common::refused;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use tcm_mod_builder::cli::Cli;
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};
use xtask::suite::skip;

fn command() -> Command {
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command.env_remove("KDIR").current_dir("/");
    command
}

/// Generates tcm_nab5000 for iSCSI in the tree.
fn generate(tree: &FixtureTree) -> Command {
    let mut command = command();
    command
        .args(["-p", "iSCSI", "-m", "tcm_nab5000", "-k"])
        .arg(tree.path());
    command
}

/// The files that every module has, those of the layer aside.
const FILES: [&str; 10] = [
    "Kbuild",
    "Kconfig",
    "bindings.rs",
    "bindings_helper.h",
    "kunit.rs",
    "kunit/examples.rs",
    "target.rs",
    "target/ops.rs",
    "tcm_nab5000.rs",
    "transport_id.rs",
];

/// The page of a module of the kernel's own tree, from the tree's root.
const PAGE: &str = "Documentation/target/tcm_nab5000.rst";

/// The directory of its kselftest.
const KSELFTEST: &str = "tools/testing/selftests/drivers/target/tcm_nab5000";

/// Where the files are of a module of the kernel's own tree.
fn in_tree(tree: &FixtureTree) -> Vec<PathBuf> {
    let own = FILES.map(|file| tree.target().join("tcm_nab5000").join(file));
    let test = ["Makefile", "config", "selftest.sh"];
    let test = test.map(|file| tree.path().join(KSELFTEST).join(file));
    [&own[..], &test, &[tree.path().join(PAGE)]].concat()
}

#[test]
fn a_module_is_written_and_installed() {
    let tree = FixtureTree::new().unwrap();
    let mut assert = generate(&tree).arg("--install").assert().success();
    for path in in_tree(&tree) {
        assert!(path.is_file(), "{}", path.display());
        assert = assert.stdout(contains(format!("Writing file: {}", path.display())));
    }
    let makefile = fs::read_to_string(tree.target().join("Makefile")).unwrap();
    assert!(
        makefile.ends_with("obj-$(CONFIG_TCM_NAB5000)\t+= tcm_nab5000/\n"),
        "{makefile}"
    );
    let kconfig = fs::read_to_string(tree.target().join("Kconfig")).unwrap();
    let expected =
        "endif\nsource \"drivers/target/tcm_nab5000/Kconfig\"\n\nendif\n\nconfig TCM_AFTER";
    assert!(kconfig.contains(expected), "{kconfig}");
    let mode = fs::metadata(tree.path().join(KSELFTEST).join("selftest.sh"))
        .unwrap()
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o755);
    for line in [
        "\n\ttcm_nab5000\n",
        "\n\tTARGETS += drivers/target/tcm_nab5000\n",
        "\n\tF:\tDocumentation/target/tcm_nab5000.rst\n",
    ] {
        assert = assert.stdout(contains(line));
    }
    drop(assert);
}

#[test]
fn what_lies_elsewhere_in_the_tree_is_not_overwritten() {
    let tree = FixtureTree::new().unwrap();
    let page = tree.path().join(PAGE);
    fs::create_dir_all(page.parent().unwrap()).unwrap();
    fs::write(&page, "Somebody's.\n").unwrap();
    let said = [PAGE, "move it away"];
    refused(&tree, generate(&tree).arg("--install"), 1, &said);
    refused(&tree, generate(&tree).arg("--force"), 1, &said);
    fs::remove_file(&page).unwrap();
    generate(&tree).arg("--install").assert().success();

    // What nobody has changed is replaced, what the author has written is not.
    let mut other = command();
    other.args([
        "-p",
        "FC",
        "-m",
        "tcm_nab5000",
        "--no-install",
        "--force",
        "-k",
    ]);
    other.arg(tree.path()).assert().success();
    let text = fs::read_to_string(&page).unwrap();
    assert!(text.contains("Fibre Channel"), "{text}");
    fs::write(&page, text + "Mine.\n").unwrap();
    refused(
        &tree,
        generate(&tree).arg("--force"),
        1,
        &["have been edited", PAGE],
    );
}

#[test]
fn a_kbuild_goes_before_a_makefile() {
    let tree = FixtureTree::new().unwrap();
    fs::rename(tree.target().join("Makefile"), tree.target().join("Kbuild")).unwrap();
    generate(&tree).arg("--install").assert().success();
    let kbuild = fs::read_to_string(tree.target().join("Kbuild")).unwrap();
    assert!(kbuild.contains("+= tcm_nab5000/"));
    assert!(!tree.target().join("Makefile").exists());
}

#[test]
fn the_same_again_changes_nothing() {
    let tree = FixtureTree::new().unwrap();
    generate(&tree).arg("--install").assert().success();
    let before = tree.snapshot().unwrap();
    generate(&tree)
        .arg("--install")
        .assert()
        .success()
        .stdout(contains("Unchanged: "))
        .stdout(contains(
            "Next: scripts/config --module TCM_NAB5000, make LLVM=1 modules",
        ));
    assert!(before == tree.snapshot().unwrap());
}

#[test]
fn what_was_left_out_can_be_installed_later() {
    let tree = FixtureTree::new().unwrap();
    generate(&tree).arg("--no-install").assert().success();
    generate(&tree)
        .arg("--install")
        .assert()
        .success()
        .stdout(contains("Changing file: "));
    assert!(
        fs::read_to_string(tree.target().join("Makefile"))
            .unwrap()
            .contains("tcm_nab5000/")
    );
}

#[test]
fn answers_come_from_a_pipe() {
    let tree = FixtureTree::new().unwrap();
    let question = "Would you like to add tcm_nab5000 to drivers/target/Makefile..? [yes,no]: ";
    generate(&tree)
        .write_stdin("no\nyes\n")
        .assert()
        .success()
        .stdout(contains(question));
    assert!(
        !fs::read_to_string(tree.target().join("Makefile"))
            .unwrap()
            .contains("nab5000")
    );
    assert!(
        fs::read_to_string(tree.target().join("Kconfig"))
            .unwrap()
            .contains("nab5000")
    );
}

#[test]
fn no_answer_is_no() {
    let tree = FixtureTree::new().unwrap();
    generate(&tree).write_stdin("").assert().success();
    assert!(
        !fs::read_to_string(tree.target().join("Kconfig"))
            .unwrap()
            .contains("nab5000")
    );
}

#[test]
fn another_answer_is_refused() {
    let tree = FixtureTree::new().unwrap();
    refused(
        &tree,
        generate(&tree).write_stdin("perhaps\n"),
        1,
        &["`perhaps`", "yes or no"],
    );
}

#[test]
fn the_loopback_data_path_has_its_files() {
    let tree = FixtureTree::new().unwrap();
    let mut command = generate(&tree);
    command.args(["--data-path", "loopback", "--install"]);
    command.assert().success();
    let dir = tree.target().join("tcm_nab5000");
    for file in FILES.iter().chain(&[
        "loopback.rs",
        "rcu.rs",
        "rcu/read_side.rs",
        "scsi_helpers.c",
        "scsi_helpers.h",
        "scsi_host.rs",
    ]) {
        assert!(dir.join(file).is_file(), "{file}");
    }
}

#[test]
fn a_module_does_not_depend_on_the_kernel_crate_that_it_is_made_with() {
    let tree = FixtureTree::new().unwrap();
    let generate_to = |name: &str| {
        let dir = tree.path().join(name);
        let mut command = generate(&tree);
        command.args(["--data-path", "loopback", "-o"]).arg(&dir);
        command.assert().success();
        let manifest = fs::read_to_string(dir.join(".tcm-mod-builder.json")).unwrap();
        assert!(manifest.contains("scsi_host/parent_device/faux.rs"));
        manifest
    };
    let with = generate_to("with");
    fs::remove_dir_all(tree.path().join("rust/kernel/sync")).unwrap();
    fs::remove_dir_all(tree.path().join("rust/macros")).unwrap();
    // The manifest has the hash of each file.
    assert_eq!(generate_to("without"), with);
}

#[test]
fn another_data_path_is_a_usage_error() {
    let tree = FixtureTree::new().unwrap();
    refused(
        &tree,
        generate(&tree).args(["--data-path", "iser"]),
        2,
        &["iser", "nop", "loopback"],
    );
}

#[test]
fn a_dry_run_says_what_would_be_and_writes_nothing() {
    let tree = FixtureTree::new().unwrap();
    let before = tree.snapshot().unwrap();
    let mut assert = generate(&tree).arg("--dry-run").assert().success();
    for path in in_tree(&tree) {
        let line = format!("Would write file: {}", path.display());
        assert = assert.stdout(contains(line));
    }
    assert.stdout(contains("Would change file: ").count(2));
    assert!(before == tree.snapshot().unwrap());
}

#[test]
fn out_of_tree_the_module_stands_alone() {
    let tree = FixtureTree::new().unwrap();
    let dir = tree.path().join("elsewhere/tcm_nab5000");
    generate(&tree).arg("-o").arg(&dir).assert().success();
    let kbuild = fs::read_to_string(dir.join("Kbuild")).unwrap();
    assert!(kbuild.contains("obj-m += tcm_nab5000.o"), "{kbuild}");
    assert!(
        fs::read_to_string(dir.join("Makefile"))
            .unwrap()
            .contains("M=$(CURDIR) $(PREPARED_WITH)")
    );
    assert!(!tree.target().join("tcm_nab5000").exists());
}

#[test]
fn the_kernel_tree_is_found_from_inside_and_from_kdir() {
    let tree = FixtureTree::new().unwrap();
    let args = ["-p", "FC", "-m", "tcm_x", "--dry-run"];
    let inside = tree.target();
    command().current_dir(&inside).args(args).assert().success();
    command()
        .env("KDIR", tree.path())
        .args(args)
        .assert()
        .success();
    let assert = command()
        .args(args)
        .args(["-k", "/nonexistent"])
        .assert()
        .code(1);
    assert.stderr(contains("cannot use /nonexistent as a kernel"));
}

#[test]
fn every_fault_of_the_names_is_told_at_once() {
    let tree = FixtureTree::new().unwrap();
    let mut wrong = command();
    wrong
        .args(["-p", "SCSI", "-m", "9x", "--fabric-name", "a/b", "-k"])
        .arg(tree.path());
    refused(&tree, &mut wrong, 1, &["`SCSI`", "`9x`", "`a/b`"]);
}

/// Names that would overwrite a file of the module, or be overwritten: by what is emitted for each
/// data path.
#[test]
fn names_of_the_modules_own_files_are_refused() {
    let tree = FixtureTree::new().unwrap();
    for (data_path, names) in [
        (
            "nop",
            &[
                "target",
                "transport_id",
                "kunit",
                "bindings",
                "bindings_generated",
                "bindings_tested",
                "layout_guard",
            ][..],
        ),
        (
            "loopback",
            &["rcu", "scsi_host", "loopback", "scsi_helpers", "target"][..],
        ),
    ] {
        for name in names {
            let mut wrong = command();
            wrong.args(["-p", "SAS", "--fabric-name", "x", "--data-path", data_path]);
            wrong.args(["-m", name, "-k"]).arg(tree.path());
            let said = format!("module name `{name}`: another file of the module has it");
            refused(&tree, &mut wrong, 1, &[&said, &format!("tcm_{name}")]);
        }
    }
    // Without a SCSI host there is no such file.
    let mut right = command();
    right.args(["-p", "SAS", "-m", "rcu", "--no-install", "-k"]);
    right.arg(tree.path()).assert().success();
    let driver = fs::read_to_string(tree.target().join("rcu/rcu.rs")).unwrap();
    assert!(driver.contains("impl Operations for Fabric"));
}

#[test]
fn names_that_the_tree_has_are_refused() {
    let tree = FixtureTree::new().unwrap();
    for (name, said) in [
        ("tcm_taken", "drivers/target/Makefile"),
        (
            "tcm_taken",
            "drivers/target/Kconfig defines CONFIG_TCM_TAKEN",
        ),
        (
            "tcm_arch_only",
            "arch/x86/Kconfig defines CONFIG_TCM_ARCH_ONLY",
        ),
        (
            "target_core_mod",
            "module name `target_core_mod`: drivers/target/Makefile builds",
        ),
    ] {
        let mut wrong = command();
        wrong.args(["-p", "SAS", "-m", name, "-k"]).arg(tree.path());
        refused(&tree, &mut wrong, 1, &[said]);
    }
}

#[test]
fn a_directory_that_is_there_is_left_alone() {
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
    refused(
        &tree,
        generate(&tree).arg("--force"),
        1,
        &["was not generated by tcm-mod-builder"],
    );
}

#[test]
fn force_replaces_what_nobody_has_changed() {
    let tree = FixtureTree::new().unwrap();
    generate(&tree).arg("--no-install").assert().success();
    let mut other = command();
    other
        .args(["-p", "FC", "-m", "tcm_nab5000", "--no-install", "-k"])
        .arg(tree.path());
    refused(&tree, &mut other, 1, &["exists", "--force"]);
    other.arg("--force").assert().success();
    let driver = tree.target().join("tcm_nab5000/tcm_nab5000.rs");
    assert!(
        fs::read_to_string(&driver)
            .unwrap()
            .contains("Fibre Channel")
    );
    let leftovers = fs::read_dir(tree.target()).unwrap();
    assert!(
        leftovers
            .flatten()
            .all(|e| !e.file_name().to_string_lossy().starts_with(".tcm"))
    );
}

#[test]
fn force_spares_the_authors_work() {
    let tree = FixtureTree::new().unwrap();
    generate(&tree).arg("--no-install").assert().success();
    let dir = tree.target().join("tcm_nab5000");
    tree.replace(
        &dir.join("tcm_nab5000.rs"),
        "struct Fabric;",
        "struct Fabric; // Mine.",
    )
    .unwrap();
    fs::write(dir.join("transport.rs"), "// Mine too.\n").unwrap();
    refused(
        &tree,
        generate(&tree).arg("--force"),
        1,
        &["tcm_nab5000.rs, transport.rs"],
    );
}

#[test]
fn build_products_are_nobodys_work() {
    let tree = FixtureTree::new().unwrap();
    generate(&tree).arg("--no-install").assert().success();
    let dir = tree.target().join("tcm_nab5000");
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
    let mut other = command();
    other
        .args([
            "-p",
            "FC",
            "-m",
            "tcm_nab5000",
            "--no-install",
            "--force",
            "-k",
        ])
        .arg(tree.path());
    other.assert().success();
}

#[test]
fn a_header_that_cannot_be_read_changes_nothing() {
    let old = "u16 (*tpg_get_tag)(";
    for (new, said) in [
        ("u16 (*tpg_get_tag(", "line 25: expected ')'"),
        (
            "warp_t (*tpg_get_tag)(",
            "target core requires the op `warp_t (*tpg_get_tag)(struct se_portal_group *)`, whose \
             result `warp_t` this version does not expect",
        ),
    ] {
        let tree = FixtureTree::new().unwrap();
        tree.replace(&tree.header(), old, new).unwrap();
        refused(&tree, generate(&tree).arg("--install"), 1, &[said]);
    }
}

#[test]
fn a_header_with_a_new_op_include_and_type_is_generated_from() {
    let tree = FixtureTree::new().unwrap();
    let header = tree.header();
    let include = "#include <linux/types.h>";
    tree.replace(
        &header,
        include,
        &format!("#include <linux/warp.h>\n{include}"),
    )
    .unwrap();
    let op = "\tvoid (*release_cmd)";
    tree.replace(&header, op, &format!("\tint (*tpg_warp)(warp_t *);\n{op}"))
        .unwrap();
    let mut assert = generate(&tree).arg("--install").assert().success();
    for warning in [
        "line 10: #include <linux/warp.h> is unknown to this version, and taken for empty",
        "line 42: the type `warp_t` is unknown to this version; no op with it can be implemented",
        "the op `int (*tpg_warp)(warp_t *)` is new to this version; its slot stays NULL",
    ] {
        assert = assert.stderr(contains(format!("Warning: {warning}\n")));
    }
    let ops = tree.target().join("tcm_nab5000/target/ops.rs");
    assert!(fs::read_to_string(ops).unwrap().contains("tpg_warp: None,"));
}

/// Gives the tree the makefile of a kernel of this version.
fn set_version(tree: &FixtureTree, version: u32, patchlevel: u32) {
    let text = format!("VERSION = {version}\nPATCHLEVEL = {patchlevel}\nSUBLEVEL = 9\n");
    fs::write(tree.path().join("Makefile"), text).unwrap();
}

#[test]
fn a_kernel_older_than_6_12_is_refused() {
    let tree = FixtureTree::new().unwrap();
    let path = tree.path().display().to_string();
    set_version(&tree, 6, 12);
    generate(&tree).arg("--no-install").assert().success();
    let module = tree.target().join("tcm_nab5000").display().to_string();
    for (version, patchlevel) in [(6, 11), (6, 1), (5, 99)] {
        set_version(&tree, version, patchlevel);
        let said = format!(
            "{path}: it is Linux {version}.{patchlevel}.9, and the oldest supported kernel is 6.12"
        );
        for words in [
            format!("-p FC -m tcm_x --install -k {path}"),
            format!("-p FC -m tcm_x -o {path}/out -k {path}"),
            format!("sync {module}"),
            format!("doctor -k {path}"),
            format!("prepare -k {path}"),
            format!("ops -k {path}"),
        ] {
            refused(&tree, command().args(words.split(' ')), 1, &[&said]);
        }
        // A bare header has no version.
        let ops = ["ops", "--header"];
        command().args(ops).arg(tree.header()).assert().success();
    }
    set_version(&tree, 10, 0);
    generate(&tree)
        .arg("--dry-run")
        .arg("--force")
        .assert()
        .success();
}

#[test]
fn a_kconfig_without_the_menu_changes_nothing() {
    let tree = FixtureTree::new().unwrap();
    fs::write(tree.target().join("Kconfig"), "config A\n\tbool\n").unwrap();
    refused(
        &tree,
        generate(&tree).arg("--install"),
        1,
        &["drivers/target/Kconfig", "endif"],
    );
}

/// Runs the command as nobody, for whom permissions count even where the tests run as root: a copy
/// of it, in the tree, since nobody may see the one that was built.
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
fn a_directory_that_cannot_be_written_to_changes_nothing() {
    if !is_root() {
        return skip("root, to be somebody else");
    }
    let tree = FixtureTree::new().unwrap();
    fs::set_permissions(tree.path(), fs::Permissions::from_mode(0o755)).unwrap();
    refused(
        &tree,
        &mut as_nobody(&tree),
        1,
        &[
            "cannot write to",
            "nothing has been changed; name a directory that",
        ],
    );
}

/// Gives the tree a file system of its own with little room, in a mount namespace of its own.
#[test]
fn a_full_disk_changes_nothing() {
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

/// The steps of installing, each the name of a failpoint; and how often it is passed before it is
/// made to fail.
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

/// The command with failpoints, of which one does this to the run.
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
fn a_step_that_fails_leaves_everything_as_it_was() {
    for step in STEPS {
        let tree = FixtureTree::new().unwrap();
        let said = ["a failure of the test's", "nothing has been changed"];
        refused(&tree, &mut at_step(&tree, step, "fail"), 1, &said);
    }
}

/// The module is there whole or not at all, and the tree refers to it only if it is there; the next
/// run finishes the job, and tidies up.
#[test]
fn a_run_that_is_killed_leaves_all_or_nothing() {
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
                "{step:?}: {file} refers to what is not there"
            );
        }
        generate(&tree).arg("--install").assert().success();
        assert_eq!(names(&tree), names(&whole), "{step:?}");
    }
}

#[test]
fn what_a_killed_run_left_is_cleaned_up() {
    let tree = FixtureTree::new().unwrap();
    let left = tree.target().join(".tcm-mod-builder-abc");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("Kbuild"), "half").unwrap();
    generate(&tree).arg("--no-install").assert().success();
    assert!(!left.exists());
}

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
    assert_eq!(json["ops"].as_array().unwrap().len(), 34);
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
fn the_differences_of_two_headers_are_shown() {
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

#[test]
fn protocols_are_listed_for_people_and_programs() {
    command()
        .arg("protocols")
        .assert()
        .success()
        .stdout(predicate::str::is_match("(?m)^0x5  iSCSI .* 24 to 248 bytes +yes$").unwrap())
        .stdout(contains("  no: T10 defines no TransportID").count(5))
        .stdout(contains("  no: target core does not know").count(2))
        .stdout(contains("; yes with --register-as SAS\n").count(3));
    let output = command().args(["protocols", "--json"]).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = json.as_array().unwrap();
    assert_eq!(rows[0]["name"], "FC");
    assert!(
        rows.iter()
            .any(|row| row["name"] == "iSCSI" && row["id"] == 5)
    );
    for row in rows {
        let reason = &row["no_reservations_because"];
        assert_eq!(row["persistent_reservations"] == true, reason.is_null());
    }
}

/// Generates `tcm_x` for a protocol out of tree; gives the command and the directory.
fn generate_for(tree: &FixtureTree, proto: &str) -> (Command, PathBuf) {
    let dir = tree.path().join("out");
    let mut command = command();
    command.args(["-p", proto, "-m", "tcm_x", "-k"]);
    command.arg(tree.path()).arg("-o").arg(&dir);
    (command, dir)
}

#[test]
fn what_target_core_cannot_do_for_a_protocol_is_told() {
    let tree = FixtureTree::new().unwrap();
    let (mut uas, dir) = generate_for(&tree, "UAS");
    uas.assert()
        .success()
        .stderr(contains("Warning: target core cannot name UAS ports"))
        .stderr(contains("T10 defines no TransportID"))
        .stderr(contains("--register-as SAS"));
    let kconfig = fs::read_to_string(dir.join("Kconfig")).unwrap();
    assert!(kconfig.contains("\t  T10 defines no TransportID for the protocol.\n"));

    let other = FixtureTree::new().unwrap();
    let (mut srp, _) = generate_for(&other, "SRP");
    srp.assert().success().stderr("");
}

#[test]
fn a_protocol_registers_as_another_with_the_same_names() {
    let tree = FixtureTree::new().unwrap();
    let (mut uas, dir) = generate_for(&tree, "UAS");
    uas.args(["--register-as", "sas"]);
    uas.assert().success().stderr("");
    let text = |file| fs::read_to_string(dir.join(file)).unwrap();
    assert!(text("tcm_x.rs").contains("const PROTOCOL: Protocol = Protocol::SAS;"));
    assert!(text("tcm_x.rs").contains("a SCSI target fabric for USB Attached SCSI."));
    assert!(!text("Kconfig").contains("TransportID"));
    assert!(text(".tcm-mod-builder.json").contains(r#""register_as": "SAS""#));
}

#[test]
fn a_protocol_with_other_names_is_not_registered_as_that() {
    let tree = FixtureTree::new().unwrap();
    for (proto, instead, said) in [
        ("UAS", "iSCSI", "cannot register UAS as iSCSI"),
        ("ADT", "UAS", "say --register-as SAS"),
        ("PCIe", "SOP", "leave out --register-as"),
        ("iSCSI", "SAS", "leave out --register-as"),
        ("UAS", "SCSI", "`SCSI`: it is not a T10 protocol identifier"),
    ] {
        let (mut command, _) = generate_for(&tree, proto);
        refused(&tree, command.args(["--register-as", instead]), 1, &[said]);
    }
}

/// What a command shows on a terminal of 100 columns, with a setting of its environment.
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
        // The line with the header's path is no row.
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
    }
}

#[test]
fn colours_are_for_terminals_and_can_be_turned_off() {
    assert!(on_a_terminal("", "docter").contains('\x1b'));
    assert!(!on_a_terminal("NO_COLOR=1", "docter").contains('\x1b'));
    command()
        .arg("docter")
        .assert()
        .stderr(contains("\x1b").not());
}

#[test]
fn what_was_meant_is_asked() {
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

/// Of those that say something to people; `generate`, `doctor` and `sync` have tests of their own.
#[test]
fn the_last_line_says_what_comes_next() {
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
fn usage_errors_end_with_2() {
    command()
        .args(["-p", "FC"])
        .assert()
        .code(2)
        .stderr(contains("--module"));
    command()
        .args(["-p", "FC", "-m", "x", "--install", "--no-install"])
        .assert()
        .code(2);
    command().args(["--nonsense"]).assert().code(2);
    command().assert().code(2);
}

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
    ] {
        assert = assert.stdout(contains(word));
    }
    drop(assert);
}

/// The names of the subcommands.
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
            // A word of its own: it is a part of functions' names, too.
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
        // As bash calls it: with the program, the word, and the word before.
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
    assert_eq!(complete("ops --kernel /et"), "/etc\n");
    assert_eq!(complete("--data-path ''"), "nop loopback iscsi\n");
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
        let head = format!(".TH tcm-mod-builder-{name} 1  \"tcm-mod-builder ");
        assert!(text.contains(&head), "{text}");
        let synopsis = format!(".SH SYNOPSIS\n\\fBtcm\\-mod\\-builder {name}\\fR");
        assert!(text.contains(&synopsis), "{text}");
        assert!(program.contains(&format!("\ntcm\\-mod\\-builder\\-{name}(1)\n")));
    }
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS"] {
        assert_eq!(program.matches(&format!(".SH {section}\n")).count(), 1);
    }
    assert_eq!(fs::read_dir(&dir).unwrap().count(), names.len() + 1);
    command().arg("man").assert().success().stdout(program);
}

#[test]
fn pages_that_cannot_be_written_are_told() {
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

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let builder = builder(Profile::Dev).unwrap();
    for words in ["completions bash", "man", "protocols"] {
        // The shell's true ends without reading; the pipe is closed before the program starts.
        let script = format!(
            "{{ sleep 0.2; {} {words}; echo $? >&2; }} | true",
            builder.display()
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).assert().success().stderr("0\n");
    }
}

#[test]
fn an_iscsi_target_wants_its_protocol_and_a_kernel_with_its_sockets() {
    let tree = FixtureTree::new().unwrap();
    let refuse = |proto: &str, code: i32, said: &str| {
        let (mut command, _) = generate_for(&tree, proto);
        refused(&tree, command.args(["--data-path", "iscsi"]), code, &[said]);
    };
    refuse(
        "SAS",
        1,
        "cannot use --data-path iscsi with SAS: it supports only iSCSI",
    );
    fs::remove_file(tree.path().join("include/linux/net.h")).unwrap();
    refuse("iSCSI", 1, "struct sockaddr_unsized");
}
