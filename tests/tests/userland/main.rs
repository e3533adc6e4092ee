// SPDX-License-Identifier: GPL-2.0-only

//! LIO's userland: generated fabrics in rtslib, installed and in its source, and in targetcli.

mod guest;
mod names;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tcm_mod_builder::data_path::DATA_PATHS;
use tcm_mod_builder::protocol::{PROTOCOLS, Protocol, find};
use tempfile::TempDir;
use xtask::codec::codec;
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};
use xtask::shell::output;
use xtask::suite::skip;

use names::{NAMES, check_names, check_page};

/// The distribution's Python, for which rtslib is installed.
const PYTHON: &str = "/usr/bin/python3";

/// Debian's rtslib.
const RTSLIB: &str = "/usr/lib/python3/dist-packages/rtslib_fb";

fn has_rtslib() -> bool {
    let found = Path::new(RTSLIB).is_dir();
    if !found {
        skip("python3-rtslib-fb; `cargo xtask setup` installs it");
    }
    found
}

/// Generates `tcm_x` for a protocol and a data path. Returns its directory.
fn generate(tree: &FixtureTree, protocol: &Protocol, data_path: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command.args(["-p", protocol.name, "-m", "tcm_x"]);
    command.args(["--data-path", data_path, "-k"]);
    output(command.arg(tree.path()).arg("-o").arg(dir.path().join("x"))).unwrap();
    dir
}

/// Runs a target of make for the userland of a module, with a root directory.
fn make(module: &Path, target: &str, root: &Path) {
    let mut make = Command::new("make");
    make.arg("-C").arg(module.join("x")).arg(target);
    make.arg(format!("DESTDIR={}", root.display()));
    output(&mut make).unwrap();
}

/// Runs a script of Python on JSON, with rtslib. `before` is run first.
fn python(before: &str, script: &str, input: &Value) -> Value {
    let mut child = Command::new(PYTHON)
        .args(["-c", &format!("{before}\n{script}")])
        .env_remove("PYTHONDONTWRITEBYTECODE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Python code that adds a directory of packages, as one of Python's own.
fn site(root: &Path) -> String {
    let packages = Path::new(RTSLIB).parent().unwrap();
    let packages = root.join(packages.strip_prefix("/").unwrap());
    format!("import site; site.addsitedir('{}')", packages.display())
}

#[test]
fn rtslib_sends_the_kernel_no_name_that_it_refuses_and_knows_all_others() {
    if !has_rtslib() {
        return;
    }
    let tree = FixtureTree::new().unwrap();
    for protocol in &PROTOCOLS {
        let module = generate(&tree, protocol, "nop");
        let root = tempfile::tempdir().unwrap();
        make(module.path(), "install-userland", root.path());
        check_names(protocol, &site(root.path()));
        check_page(protocol, &site(root.path()));
    }
}

/// The paths of the files below a directory.
fn files(dir: &Path) -> Vec<String> {
    let mut find = Command::new("find");
    let found = output(find.arg(dir).args(["-type", "f", "-printf", "%P\n"])).unwrap();
    let mut paths: Vec<_> = found.lines().map(ToOwned::to_owned).collect();
    paths.sort();
    paths
}

#[test]
fn what_is_installed_is_uninstalled() {
    if !has_rtslib() {
        return;
    }
    let tree = FixtureTree::new().unwrap();
    let module = generate(&tree, find("SAS").unwrap(), "nop");
    let root = tempfile::tempdir().unwrap();
    make(module.path(), "install-userland", root.path());
    python(&site(root.path()), NAMES, &json!([]));
    let installed = files(root.path());
    assert!(installed.len() > 3, "{installed:?}");
    make(module.path(), "uninstall-userland", root.path());
    assert_eq!(files(root.path()), Vec::<String>::new());
}

#[test]
fn without_rtslib_nothing_is_installed() {
    let tree = FixtureTree::new().unwrap();
    let module = generate(&tree, find("SAS").unwrap(), "nop");
    let root = tempfile::tempdir().unwrap();
    for target in ["install-userland", "uninstall-userland"] {
        let mut make = Command::new("make");
        make.arg("-C").arg(module.path().join("x")).arg(target);
        make.arg("PYTHON=/usr/bin/no-python");
        make.arg(format!("DESTDIR={}", root.path().display()));
        let said = output(&mut make).unwrap_err().to_string();
        assert!(said.contains("PYTHONDIR=DIR"), "{said}");
    }
    assert_eq!(files(root.path()), Vec::<String>::new());
    let mut make = Command::new("make");
    make.arg("-C").arg(module.path().join("x")).args([
        "install-userland",
        "PYTHON=/usr/bin/no-python",
        "PYTHONDIR=/p",
    ]);
    make.arg(format!("DESTDIR={}", root.path().display()));
    output(&mut make).unwrap();
    assert!(root.path().join("p/rtslib_tcm_x.pth").is_file());
}

/// The type of names that rtslib makes up for a target, and an initiator as it makes one up for each
/// portal group, if there is a nexus.
const NEXUS: &str = "
import json, sys, rtslib_fb
from rtslib_fb.utils import generate_wwn
fabric = rtslib_fb.FabricModule('x')
target = json.load(sys.stdin)
initiator = None
if fabric.has_feature('nexus'):
    initiator = fabric.to_fabric_wwn(generate_wwn(fabric.to_normalized_wwn(target)[1]))
print(json.dumps([fabric.wwn_types[0], initiator]))";

#[test]
fn rtslib_makes_up_an_initiator_only_where_it_can() {
    if !has_rtslib() {
        return;
    }
    let tree = FixtureTree::new().unwrap();
    let root = tempfile::tempdir().unwrap();
    for protocol in &PROTOCOLS {
        let module = generate(&tree, protocol, "loopback");
        make(module.path(), "install-userland", root.path());
        let answer = python(&site(root.path()), NEXUS, &json!(protocol.example));
        let codec = codec(protocol.name).unwrap();
        let is_right = match answer[1].as_str() {
            Some(name) => codec.is_canonical(name.as_bytes()),
            None => answer[0] == "free" || answer[0] == "ib",
        };
        assert!(is_right, "{}: {answer}", protocol.name);
    }
}

/// Copies rtslib's package, for a class to be added to it; returns the directory of the copy.
fn rtslib_source() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let package = dir.path().join("rtslib");
    fs::create_dir(&package).unwrap();
    for entry in fs::read_dir(RTSLIB).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "py") {
            fs::copy(&path, package.join(path.file_name().unwrap())).unwrap();
        }
    }
    // As in its repository.
    std::os::unix::fs::symlink("rtslib", dir.path().join("rtslib_fb")).unwrap();
    dir
}

/// Python code that puts a package before the distribution's.
fn before(source: &TempDir) -> String {
    let dir = source.path().display();
    format!("import sys; sys.path.insert(0, '{dir}'); sys.dont_write_bytecode = True")
}

/// Adds the class of a module to rtslib's source, by the steps of the page for users.
fn add_to_rtslib(module: &Path, source: &Path) {
    const TABLE: &str = "\nfabric_modules = {\n";
    let class = module.join("x/userland/rtslib_tcm_x/fabric_class.py");
    let class = fs::read_to_string(class).unwrap();
    let (class, row) = class.split_once(TABLE).unwrap();
    let class = &class[class.find("\nclass ").unwrap()..];
    let row = row.strip_suffix("}\n").unwrap();
    let file = source.join("rtslib/fabric.py");
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replace(TABLE, &format!("{class}{TABLE}{row}"));
    fs::write(&file, format!("import re\n{text}")).unwrap();
}

#[test]
fn class_in_rtslib_source_is_preferred_to_installed_one() {
    if !has_rtslib() {
        return;
    }
    let tree = FixtureTree::new().unwrap();
    for (index, protocol) in PROTOCOLS.iter().enumerate() {
        let module = generate(&tree, protocol, DATA_PATHS[index % 2].name);
        let source = rtslib_source();
        add_to_rtslib(module.path(), source.path());
        let before = before(&source);
        check_names(protocol, &before);
        let root = tempfile::tempdir().unwrap();
        make(module.path(), "install-userland", root.path());
        let script = "
import json, rtslib_fb.fabric
print(json.dumps(rtslib_fb.fabric.fabric_modules['x'].__module__))";
        let both = format!("{before}\n{}", site(root.path()));
        assert_eq!(
            python(&both, script, &Value::Null),
            json!("rtslib_fb.fabric")
        );
    }
}

#[test]
fn an_rtslib_that_does_not_take_it_keeps_its_own_fabrics() {
    if !has_rtslib() {
        return;
    }
    let tree = FixtureTree::new().unwrap();
    let module = generate(&tree, find("SAS").unwrap(), "nop");
    let root = tempfile::tempdir().unwrap();
    make(module.path(), "install-userland", root.path());
    let source = rtslib_source();
    let table = source.path().join("rtslib/fabric.py");
    let text = fs::read_to_string(&table).unwrap();
    fs::write(&table, text.replace("_BaseFabricModule", "_NewBase")).unwrap();
    let script = format!(
        "{}\n{}\nfrom rtslib_fb import FabricModule; print([fabric.name for fabric in FabricModule.all()])",
        before(&source),
        site(root.path()),
    );
    let ended = Command::new(PYTHON).args(["-c", &script]).output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(
        said.starts_with("rtslib_tcm_x: rtslib does not take its fabric: "),
        "{said}"
    );
    let fabrics = String::from_utf8(ended.stdout).unwrap();
    assert!(
        fabrics.contains("'iscsi'") && !fabrics.contains("'x'"),
        "{fabrics}"
    );
}
