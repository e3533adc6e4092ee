// SPDX-License-Identifier: GPL-2.0-only

//! Files of a module: updated, kept, removed, or a reason to refuse.

use std::fs;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};
use xtask::suite::skip;

use super::Fixture;

#[test]
fn up_to_date_module_is_unchanged() {
    let fixture = Fixture::new("nop");
    let before = fixture.tree.snapshot().unwrap();
    fixture
        .sync()
        .assert()
        .success()
        .stdout(contains("Up to date: "));
    fixture.sync().arg("--check").assert().success();
    assert!(before == fixture.tree.snapshot().unwrap());
}

#[test]
fn enclosing_tree_is_the_default() {
    let fixture = Fixture::new("nop");
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command.env_remove("KDIR").current_dir("/");
    command.arg("sync").arg(&fixture.dir).assert().success();
}

#[test]
fn crlf_is_named_in_one_line() {
    let fixture = Fixture::new("nop");
    for name in ["target.rs", "Kbuild"] {
        let file = fixture.dir.join(name);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace('\n', "\r\n")).unwrap();
    }
    let said = |name: &str| format!("{name}: its lines end with CR LF; `sed -i 's/\\r$//' {name}`");
    let output = fixture.sync().output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains(&said("target.rs")) && text.lines().count() < 5,
        "{text}"
    );
    let output = fixture.sync().arg("--force").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains(&said("Kbuild")) && text.lines().count() < 6,
        "{text}"
    );
}

/// Page and kselftest of an in-tree module.
#[test]
fn files_elsewhere_in_the_tree_are_updated_until_edited() {
    let tree = FixtureTree::new().unwrap();
    let mut generate = Command::new(builder(Profile::Dev).unwrap());
    generate.args(["-p", "SAS", "-m", "tcm_x", "--no-install", "-k"]);
    generate.arg(tree.path()).assert().success();
    let page = tree.path().join("Documentation/target/tcm_x.rst");
    let kselftest = tree
        .path()
        .join("tools/testing/selftests/drivers/target/tcm_x");
    fs::write(&page, "Mine.\n").unwrap();
    fs::remove_dir_all(&kselftest).unwrap();
    let dir = tree.target().join("tcm_x");
    let fixture = Fixture { tree, dir };
    let written = kselftest.join("config").display().to_string();
    fixture
        .sync()
        .assert()
        .success()
        .stdout(contains(
            "since it was edited: Documentation/target/tcm_x.rst;",
        ))
        .stdout(contains(format!("Writing file: {written}\n")));
    assert_eq!(fs::read_to_string(&page).unwrap(), "Mine.\n");
    // The same from inside the directory.
    fs::remove_file(kselftest.join("config")).unwrap();
    let mut inside = Command::new(builder(Profile::Dev).unwrap());
    inside
        .args(["sync", "."])
        .current_dir(&fixture.dir)
        .env_remove("KDIR");
    inside.assert().success();
    assert!(kselftest.join("config").is_file());
}

#[test]
fn obsolete_file_is_removed() {
    let fixture = Fixture::new("loopback");
    let manifest = fixture.dir.join(".tcm-mod-builder.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["files"]["old.rs"] = json["files"]["rcu.rs"].clone();
    fs::write(&manifest, json.to_string()).unwrap();
    let old = fixture.dir.join("old.rs");
    fs::copy(fixture.dir.join("rcu.rs"), &old).unwrap();
    let removed = format!("Removing file: {}", old.display());
    fixture.sync().assert().success().stdout(contains(removed));
    assert!(!old.exists());
}

#[test]
fn author_files_are_kept() {
    let fixture = Fixture::new("nop");
    let driver = fixture.text("tcm_x.rs") + "// Mine.\n";
    fs::write(fixture.dir.join("tcm_x.rs"), &driver).unwrap();
    fs::write(fixture.dir.join("transport.rs"), "// Mine too.\n").unwrap();
    fixture.change("u16 (*tpg_get_tag)", "u32 (*tpg_get_tag)");
    fixture.sync().assert().success();
    assert_eq!(fixture.text("tcm_x.rs"), driver);
    assert_eq!(fixture.text("transport.rs"), "// Mine too.\n");
}

#[test]
fn edited_generated_file_needs_force() {
    let fixture = Fixture::new("nop");
    let edited = fixture.text("target/tpg.rs") + "// Mine.\n";
    fs::write(fixture.dir.join("target/tpg.rs"), edited).unwrap();
    let said = ["target/tpg.rs (edited)", "-// Mine.", "--force"];
    fixture.refused(&mut fixture.sync(), &said);
    fixture.sync().arg("--force").assert().success();
    assert!(!fixture.text("target/tpg.rs").contains("Mine"));
}

#[test]
fn edited_build_file_is_kept() {
    let fixture = Fixture::new("nop");
    let edited = fixture.text("Kbuild") + "# Mine.\n";
    fs::write(fixture.dir.join("Kbuild"), &edited).unwrap();
    let assert = fixture.sync().assert().success();
    assert
        .stdout(contains("Left alone, since it was edited: Kbuild"))
        .stdout(contains("-# Mine."))
        .stdout(contains("To do").not());
    assert_eq!(fixture.text("Kbuild"), edited);
}

#[test]
fn directory_with_an_invalid_manifest_is_refused() {
    let fixture = Fixture::new("nop");
    let manifest = fixture.dir.join(".tcm-mod-builder.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let request = "{\"version\": \"0.1.0\", \"protocol\": \"iSCSI\", \"module\": \"tcm_x\"}";
    for (text, said) in [
        (request, "has format null"),
        (
            &text.replace("\"format\": 2", "\"format\": 3"),
            "has format 3, and only format 2 is supported",
        ),
        (
            &text.replace("\"nop\"", "\"warp\""),
            "cannot use data path `warp`",
        ),
        ("{", "restore the file"),
    ] {
        fs::write(&manifest, text).unwrap();
        fixture.refused(&mut fixture.sync(), &[said]);
    }
    fs::remove_file(&manifest).unwrap();
    fixture.refused(
        &mut fixture.sync(),
        &["it has no .tcm-mod-builder.json, so it is not a generated module"],
    );
}

#[test]
fn failed_step_changes_nothing() {
    for step in [
        "stage-edit=1*return(fail)->off",
        "place-edit=1*off->1*return(fail)->off",
    ] {
        let fixture = Fixture::new("nop");
        fixture.change("u16 (*tpg_get_tag)", "u32 (*tpg_get_tag)");
        let mut command = Command::new(builder(Profile::Dev).unwrap());
        fixture.aim(&mut command);
        fixture.refused(
            command.env("FAILPOINTS", step),
            &["writable. Nothing has been changed."],
        );
    }
}

#[test]
fn failure_restores_files_that_are_not_utf8() {
    let fixture = Fixture::new("nop");
    for file in ["target/lun.rs", "target/tpg.rs"] {
        fs::write(fixture.dir.join(file), b"\xff\xfe").unwrap();
    }
    let mut sync = fixture.sync();
    sync.arg("--force");
    sync.env("FAILPOINTS", "place-edit=1*off->1*return(fail)->off");
    fixture.refused(&mut sync, &["Nothing has been changed"]);
}

#[test]
fn file_that_cannot_be_restored_is_named() {
    let fixture = Fixture::new("nop");
    for file in ["target/lun.rs", "target/tpg.rs"] {
        fs::write(fixture.dir.join(file), "Mine.\n").unwrap();
    }
    let mut sync = fixture.sync();
    sync.arg("--force");
    sync.env("FAILPOINTS", "place-edit=1*off->2*return(fail)->off");
    let said = format!(
        "These files could not be restored: {}/target/lun.rs\n",
        fixture.dir.display()
    );
    let failed = sync.assert().failure().stderr(contains(said));
    failed.stderr(contains("Nothing has been changed").not());
}

/// The module is in a file system of its own.
#[test]
fn module_in_a_mount_point_is_updated() {
    if !rustix::process::geteuid().is_root() {
        return skip("root, to mount a small file system");
    }
    let tree = FixtureTree::new().unwrap();
    let script = format!(
        "set -e; mkdir {dir}; mount -t tmpfs tmpfs {dir}; \
         {builder} -p SAS -m tcm_x -k {tree} -o {dir}; echo Mine. >> {dir}/kernel_probes.awk; \
         {builder} sync {dir} -k {tree} --force; {builder} sync {dir} -k {tree} --check",
        dir = tree.path().join("x").display(),
        builder = builder(Profile::Dev).unwrap().display(),
        tree = tree.path().display(),
    );
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "sh", "-c", &script]);
    unshare.assert().success();
}
