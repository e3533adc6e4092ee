// SPDX-License-Identifier: GPL-2.0-only

//! Refused input: usage errors, names, headers and kernels.

use std::fs;

use predicates::str::contains;
use xtask::fixture::FixtureTree;

use super::refusal::refused;
use super::{command, generate, generate_for};

#[test]
fn usage_error_exits_with_2() {
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
fn unknown_data_path_is_a_usage_error() {
    let tree = FixtureTree::new().unwrap();
    refused(
        &tree,
        generate(&tree).args(["--data-path", "iser"]),
        2,
        &["iser", "nop", "loopback"],
    );
}

#[test]
fn all_invalid_names_are_reported_at_once() {
    let tree = FixtureTree::new().unwrap();
    let mut wrong = command();
    wrong
        .args(["-p", "SCSI", "-m", "9x", "--fabric-name", "a/b", "-k"])
        .arg(tree.path());
    refused(&tree, &mut wrong, 1, &["`SCSI`", "`9x`", "`a/b`"]);
}

/// A module of that name would overwrite one of its own files. These differ with the data path.
#[test]
fn name_of_a_generated_file_is_refused() {
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
            let said = format!("module name `{name}`: the module has another file of this name");
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
fn name_in_use_in_the_tree_is_refused() {
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
fn fabric_name_of_the_kernel_is_said_twice() {
    let tree = FixtureTree::new().unwrap();
    for (module, fabric) in [("tcm_iscsi", "iscsi"), ("loopback", "loopback")] {
        let mut wrong = command();
        wrong
            .args(["-p", "iSCSI", "-m", module, "-k"])
            .arg(tree.path());
        let said = format!("`{fabric}`: the kernel's {fabric} fabric uses it");
        refused(
            &tree,
            &mut wrong,
            1,
            &[&said, &format!("--fabric-name {fabric}")],
        );
        wrong
            .args(["--fabric-name", fabric, "--no-install"])
            .assert()
            .success();
        // The manifest has the name, and `sync` does not ask again.
        let dir = tree.target().join(module);
        command()
            .arg("sync")
            .arg(dir)
            .arg("--check")
            .assert()
            .success();
    }
}

#[test]
fn unreadable_header_changes_nothing() {
    let old = "u16 (*tpg_get_tag)(";
    for (new, said) in [
        ("u16 (*tpg_get_tag(", "line 25: expected ')'"),
        (
            "warp_t (*tpg_get_tag)(",
            "target core requires the op `warp_t (*tpg_get_tag)(struct se_portal_group *)`, whose \
             result `warp_t` tcm-mod-builder",
        ),
    ] {
        let tree = FixtureTree::new().unwrap();
        tree.replace(&tree.header(), old, new).unwrap();
        refused(&tree, generate(&tree).arg("--install"), 1, &[said]);
    }
}

/// Writes the tree's Makefile with this kernel version.
fn set_version(tree: &FixtureTree, version: u32, patchlevel: u32) {
    let text = format!("VERSION = {version}\nPATCHLEVEL = {patchlevel}\nSUBLEVEL = 9\n");
    fs::write(tree.path().join("Makefile"), text).unwrap();
}

#[test]
fn kernel_older_than_6_12_is_refused() {
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
fn kconfig_without_the_menu_changes_nothing() {
    let tree = FixtureTree::new().unwrap();
    fs::write(tree.target().join("Kconfig"), "config A\n\tbool\n").unwrap();
    refused(
        &tree,
        generate(&tree).arg("--install"),
        1,
        &["drivers/target/Kconfig", "endif"],
    );
}

#[test]
fn iscsi_data_path_requires_iscsi_and_sockaddr_unsized() {
    let tree = FixtureTree::new().unwrap();
    let refuse = |proto: &str, code: i32, said: &str| {
        let (mut command, _) = generate_for(&tree, proto);
        refused(&tree, command.args(["--data-path", "iscsi"]), code, &[said]);
    };
    refuse(
        "SAS",
        1,
        "cannot use --data-path iscsi with SAS: this data path supports only iSCSI",
    );
    fs::remove_file(tree.path().join("include/linux/net.h")).unwrap();
    refuse("iSCSI", 1, "struct sockaddr_unsized");
}
