// SPDX-License-Identifier: GPL-2.0-only

//! The packages of the crates, as `cargo package` makes them: complete, and buildable without the
//! checkout.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};
use xtask::shell::{checkout, output};
use xtask::suite::is_full;

/// The crates that have packages.
const CRATES: [&str; 2] = ["tcm-bindings", "tcm-mod-builder"];

/// cargo without a network, with the crate in `dir` in place of a published one.
fn cargo(dir: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(["--offline", "--quiet", "--config"]);
    cargo.arg(format!(
        "patch.crates-io.tcm-bindings.path='{}'",
        dir.display()
    ));
    cargo
}

/// Packs a crate of the checkout, and unpacks it in a directory of its own.
fn unpacked(name: &str, scratch: &TempDir) -> PathBuf {
    let target = scratch.path().join("target");
    let mut package = cargo(&checkout().join("bindings"));
    package.args(["package", "--no-verify", "--allow-dirty", "--package", name]);
    package.arg("--target-dir").arg(&target);
    output(package.current_dir(checkout())).unwrap();
    let name = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
    let mut tar = Command::new("tar");
    tar.arg("-xf")
        .arg(target.join(format!("package/{name}.crate")));
    output(tar.arg("-C").arg(scratch.path())).unwrap();
    scratch.path().join(name)
}

/// The names of the files below a directory.
fn files(dir: &Path) -> Vec<String> {
    let mut find = Command::new("find");
    let found = output(
        find.arg("-L")
            .arg(".")
            .args(["-type", "f"])
            .current_dir(dir),
    )
    .unwrap();
    let mut names: Vec<_> = found.lines().map(ToOwned::to_owned).collect();
    names.sort();
    names
}

#[test]
fn package_has_the_templates_and_a_readme() {
    let scratch = tempfile::tempdir().unwrap();
    for name in CRATES {
        let dir = unpacked(name, &scratch);
        let readme = fs::read_to_string(dir.join("README.md")).unwrap();
        assert!(readme.contains(&format!("# {name}\n")), "{readme}");
    }
    let dir = scratch
        .path()
        .join(format!("tcm-mod-builder-{}", env!("CARGO_PKG_VERSION")));
    let templates = files(&checkout().join("kernel-template"));
    assert!(templates.len() > 100);
    assert_eq!(files(&dir.join("kernel-template")), templates);
}

#[test]
fn manifests_have_keywords_and_no_address_that_does_not_exist() {
    let mut metadata = Command::new("cargo");
    metadata.args(["metadata", "--no-deps", "--format-version", "1", "--locked"]);
    let metadata: Value =
        serde_json::from_str(&output(metadata.current_dir(checkout())).unwrap()).unwrap();
    for name in CRATES {
        let packages = metadata["packages"].as_array().unwrap();
        let package = packages
            .iter()
            .find(|package| package["name"] == *name)
            .unwrap();
        assert_eq!(package["keywords"].as_array().unwrap().len(), 5, "{name}");
        assert!(package["readme"].is_string() && package["description"].is_string());
        for field in ["repository", "homepage", "documentation"] {
            assert!(package[field].is_null(), "{name} invents a {field}");
        }
    }
}

#[test]
#[ignore = "builds all dependencies again; `cargo xtask test --full` runs it"]
fn package_builds_alone_and_generates_the_same() {
    if !is_full() {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let [bindings, generator] = CRATES.map(|name| unpacked(name, &scratch));
    let target = scratch.path().join("target");
    let mut build = cargo(&bindings);
    build
        .args(["build", "--locked", "--target-dir"])
        .arg(&target);
    output(build.current_dir(&generator)).unwrap();
    let tree = FixtureTree::new().unwrap();
    let own = builder(Profile::Dev).unwrap();
    let outputs = [target.join("debug/tcm-mod-builder"), own].map(|program| {
        let out = tempfile::tempdir().unwrap();
        let mut generate = Command::new(program);
        generate.args(["-p", "iSCSI", "-m", "tcm_x", "--data-path", "iscsi", "-k"]);
        generate
            .arg(tree.path())
            .arg("-o")
            .arg(out.path().join("x"));
        output(&mut generate).unwrap();
        out
    });
    let mut diff = Command::new("diff");
    output(diff.arg("-r").args(outputs.each_ref().map(TempDir::path))).unwrap();
}
