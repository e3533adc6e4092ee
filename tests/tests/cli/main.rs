// SPDX-License-Identifier: GPL-2.0-only

//! The command line with valid and invalid input: files written, messages, exit status, and files
//! left behind.

mod existing;
mod failures;
mod generate;
mod help;
mod input;
mod output;
mod protocols;
#[path = "../refusal/mod.rs"]
mod refusal;

use std::path::PathBuf;

use assert_cmd::Command;
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};

fn command() -> Command {
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command.env_remove("KDIR").current_dir("/");
    command
}

/// Command that generates `tcm_nab5000` for iSCSI in the tree.
fn generate(tree: &FixtureTree) -> Command {
    let mut command = command();
    command
        .args(["-p", "iSCSI", "-m", "tcm_nab5000", "-k"])
        .arg(tree.path());
    command
}

/// Command that generates `tcm_x` for a protocol out of tree, and the directory of the module.
fn generate_for(tree: &FixtureTree, proto: &str) -> (Command, PathBuf) {
    let dir = tree.path().join("out");
    let mut command = command();
    command.args(["-p", proto, "-m", "tcm_x", "-k"]);
    command.arg(tree.path()).arg("-o").arg(&dir);
    (command, dir)
}

/// Files of every module, without those of the layer.
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

/// Page of an in-tree module, relative to the root of the tree.
const PAGE: &str = "Documentation/target/tcm_nab5000.rst";

/// Directory of its kselftest.
const KSELFTEST: &str = "tools/testing/selftests/drivers/target/tcm_nab5000";

/// Paths of the files of an in-tree module.
fn in_tree(tree: &FixtureTree) -> Vec<PathBuf> {
    let own = FILES.map(|file| tree.target().join("tcm_nab5000").join(file));
    let test = ["Makefile", "config", "selftest.sh"];
    let test = test.map(|file| tree.path().join(KSELFTEST).join(file));
    [&own[..], &test, &[tree.path().join(PAGE)]].concat()
}
