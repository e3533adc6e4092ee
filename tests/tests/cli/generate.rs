// SPDX-License-Identifier: GPL-2.0-only

//! A generated module: its files, its place in the tree or outside, its entries in Makefile and
//! Kconfig.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use predicates::str::contains;
use xtask::fixture::FixtureTree;

use super::refusal::refused;
use super::{FILES, KSELFTEST, command, generate, in_tree};

#[test]
fn module_is_written_and_installed() {
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
fn kbuild_takes_precedence_over_makefile() {
    let tree = FixtureTree::new().unwrap();
    fs::rename(tree.target().join("Makefile"), tree.target().join("Kbuild")).unwrap();
    generate(&tree).arg("--install").assert().success();
    let kbuild = fs::read_to_string(tree.target().join("Kbuild")).unwrap();
    assert!(kbuild.contains("+= tcm_nab5000/"));
    assert!(!tree.target().join("Makefile").exists());
}

#[test]
fn second_run_changes_nothing() {
    let tree = FixtureTree::new().unwrap();
    generate(&tree).arg("--install").assert().success();
    let before = tree.snapshot().unwrap();
    generate(&tree)
        .arg("--install")
        .assert()
        .success()
        .stdout(contains("Unchanged: "))
        .stdout(contains("LLVM=1; with TCM_NAB5000 as a module"));
    assert!(before == tree.snapshot().unwrap());
}

#[test]
fn module_can_be_installed_later() {
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
fn answers_are_read_from_a_pipe() {
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
fn end_of_input_means_no() {
    let tree = FixtureTree::new().unwrap();
    generate(&tree).write_stdin("").assert().success();
    assert!(
        !fs::read_to_string(tree.target().join("Kconfig"))
            .unwrap()
            .contains("nab5000")
    );
}

#[test]
fn unknown_answer_is_refused() {
    let tree = FixtureTree::new().unwrap();
    refused(
        &tree,
        generate(&tree).write_stdin("perhaps\n"),
        1,
        &["`perhaps`", "yes or no"],
    );
}

#[test]
fn loopback_module_has_its_files() {
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
        "slot.rs",
        "slot/srcu.rs",
    ]) {
        assert!(dir.join(file).is_file(), "{file}");
    }
}

#[test]
fn module_does_not_depend_on_the_kernel_crate() {
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
fn dry_run_lists_files_and_writes_nothing() {
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
fn out_of_tree_module_has_a_makefile() {
    let tree = FixtureTree::new().unwrap();
    let dir = tree.path().join("elsewhere/tcm_nab5000");
    generate(&tree).arg("-o").arg(&dir).assert().success();
    let kbuild = fs::read_to_string(dir.join("Kbuild")).unwrap();
    assert!(kbuild.contains("obj-m += tcm_nab5000.o"), "{kbuild}");
    assert!(
        fs::read_to_string(dir.join("Makefile"))
            .unwrap()
            .contains("sh tools.sh '$(build)')")
    );
    assert!(!tree.target().join("tcm_nab5000").exists());
}

#[test]
fn kernel_tree_is_found_by_directory_and_kdir() {
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
fn new_op_include_and_type_are_warnings() {
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
        "line 10: #include <linux/warp.h> is unknown, and taken for empty",
        "line 42: the type `warp_t` is unknown; no op with it can be implemented",
        "the op `int (*tpg_warp)(warp_t *)` is unknown; its slot stays NULL",
    ] {
        assert = assert.stderr(contains(format!("Warning: {warning}\n")));
    }
    let ops = tree.target().join("tcm_nab5000/target/ops.rs");
    assert!(fs::read_to_string(ops).unwrap().contains("tpg_warp: None,"));
}
