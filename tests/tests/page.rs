// SPDX-License-Identifier: GPL-2.0-only

//! The pages of modules, built with the kernel's documentation without a warning of Sphinx.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use assert_cmd::Command;
use tcm_mod_builder::data_path::DATA_PATHS;
use xtask::kernel::{CURRENT, source};
use xtask::module::{Profile, builder};
use xtask::own_path::protocol_of;
use xtask::session::NAB5000;
use xtask::setup::require;
use xtask::shell::{cache, checkout};
use xtask::suite::is_skipped;

/// Links the entries of a directory, except for the names in `but`.
fn link_all(from: &Path, to: &Path, but: &[&str]) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if !but.iter().any(|other| name == *other) {
            symlink(&path, to.join(name)).unwrap();
        }
    }
}

/// Makes a tree of links to a source tree, with room for pages and fabric modules.
fn tree_like(source: &Path, tree: &Path) {
    link_all(source, tree, &["Documentation", "drivers", "tools"]);
    link_all(&source.join("tools"), &tree.join("tools"), &["testing"]);
    let target = "drivers/target";
    link_all(&source.join(target), &tree.join(target), &[]);
    // Hard links, since Sphinx follows symbolic ones out of the tree. No existing file is written
    // to.
    let mut copy = Command::new("cp");
    copy.arg("-al").arg(source.join("Documentation")).arg(tree);
    copy.assert().success();
    // `cargo xtask demo` leaves a page that no index lists.
    let demo = tree.join(format!("Documentation/target/{}.rst", NAB5000.module));
    if demo.exists() {
        fs::remove_file(demo).unwrap();
    }
}

#[test]
#[ignore = "installs Sphinx, and takes a kernel's source; `cargo xtask test` runs it"]
fn pages_build_without_warnings_of_sphinx() {
    if is_skipped(CURRENT) {
        return;
    }
    require(&["make", "python3-sphinx", "python3-yaml"]).unwrap();
    // Hard links need the file system of the source.
    let dir = tempfile::tempdir_in(cache().unwrap()).unwrap();
    let tree = dir.path().join("linux");
    tree_like(&source(CURRENT).unwrap(), &tree);
    let index = tree.join("Documentation/target/index.rst");
    let mut text = fs::read_to_string(&index).unwrap();
    // `tcm_x_` would be a reference in reStructuredText.
    let modules = DATA_PATHS.map(|path| {
        (
            protocol_of(path),
            format!("tcm_own_{}", path.name),
            path.name,
        )
    });
    let more = [
        ("UAS", "tcm_x_".to_owned(), "nop"),
        ("SPI", "tcm_y".to_owned(), "loopback"),
    ];
    for (proto, module, data_path) in modules.iter().chain(&more) {
        let mut generate = Command::new(builder(Profile::Dev).unwrap());
        generate.args(["-p", proto, "-m", module, "--data-path", data_path]);
        generate.args(["--no-install", "-k"]).arg(&tree);
        let output = generate.output().unwrap();
        // The printed line, to be added by hand.
        let said = String::from_utf8(output.stdout).unwrap();
        let (_, line) = said
            .split_once("Documentation/target/index.rst\n\t")
            .unwrap();
        text += &format!("    {}\n", line.lines().next().unwrap());
    }
    // The page that only a series of patches has.
    let page = checkout().join("tests/series/rust-fabrics.rst");
    fs::copy(page, tree.join("Documentation/target/rust-fabrics.rst")).unwrap();
    text += "    rust-fabrics\n";
    fs::remove_file(&index).unwrap();
    fs::write(&index, text).unwrap();
    let mut make = Command::new("make");
    make.args([
        "-C",
        tree.to_str().unwrap(),
        "SPHINXDIRS=target",
        "htmldocs",
    ]);
    let output = make.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
    // The warning of a missing graphviz does not depend on the pages.
    let complaints = said.lines().filter(|line| {
        (line.contains("WARNING") || line.contains("ERROR")) && !line.contains("dot(1)")
    });
    assert_eq!(complaints.collect::<Vec<_>>(), Vec::<&str>::new());
    for (_, module, _) in modules.iter().chain(&more) {
        let page = tree.join(format!("Documentation/output/target/{module}.html"));
        assert!(page.is_file(), "{}", page.display());
    }
}
