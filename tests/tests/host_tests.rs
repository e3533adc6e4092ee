// SPDX-License-Identifier: GPL-2.0-only

//! The unit tests of a module without `KUnit`: a program that rustc alone can build.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tcm_mod_builder::protocol::{PROTOCOLS, TransportId};
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};
use xtask::shell::output;

/// Generates `tcm_x` in `dir`.
fn generate(tree: &FixtureTree, proto: &str, dir: &Path) {
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command.args(["-p", proto, "-m", "tcm_x", "-k"]);
    output(command.arg(tree.path()).arg("-o").arg(dir)).unwrap();
}

/// Compiles the unit tests of the module in `dir` as its Makefile does, with warnings as errors,
/// and runs them.
fn run(dir: &Path) -> Output {
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2021", "--test", "-D", "warnings"]);
    rustc.args(["-o", "host_tests", "host_tests.rs"]);
    output(rustc.current_dir(dir)).unwrap();
    let mut tests = Command::new(dir.join("host_tests"));
    tests.output().unwrap()
}

/// Checks that `count` tests pass, as many as the module's `KUnit` suite has.
fn passes(tree: &FixtureTree, proto: &str, count: usize) {
    let dir = tree.path().join(proto);
    generate(tree, proto, &dir);
    let suite = fs::read_to_string(dir.join("kunit.rs")).unwrap();
    assert_eq!(suite.matches("    #[test]\n").count(), count, "{proto}");
    let said = String::from_utf8(run(&dir).stdout).unwrap();
    let result = format!("test result: ok. {count} passed; 0 failed; 0 ignored");
    assert!(said.contains(&result), "{proto}: {said}");
}

#[test]
fn unit_tests_of_each_protocol_pass_without_a_kernel() {
    let tree = FixtureTree::new().unwrap();
    for protocol in &PROTOCOLS {
        let has_ids = protocol.transport_id != TransportId::None;
        passes(&tree, protocol.name, if has_ids { 7 } else { 4 });
    }
}

#[test]
fn unit_tests_exist_for_a_kernel_without_kunit() {
    let tree = FixtureTree::new().unwrap();
    fs::remove_file(tree.path().join("rust/macros/kunit.rs")).unwrap();
    passes(&tree, "FC", 7);
}

#[test]
fn wrong_test_vector_fails() {
    let tree = FixtureTree::new().unwrap();
    let dir = tree.path().join("wrong");
    generate(&tree, "iSCSI", &dir);
    let suite = dir.join("kunit/examples.rs");
    tree.replace(&suite, r"\x05\0\0\x14", r"\x05\0\0\x15")
        .unwrap();
    let output = run(&dir);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("transport_ids_are_laid_out_as_spc_says ... FAILED"));
    assert!(said.contains("6 passed; 1 failed"), "{said}");
}

/// `--force` may overwrite the program. An in-tree module has none.
#[test]
fn program_of_unit_tests_does_not_stop_force() {
    let tree = FixtureTree::new().unwrap();
    let dir = tree.path().join("out");
    generate(&tree, "UAS", &dir);
    fs::write(dir.join("host_tests"), "a program").unwrap();
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command.args(["-p", "SRP", "-m", "tcm_x", "--force", "-k"]);
    output(command.arg(tree.path()).arg("-o").arg(&dir)).unwrap();
    let driver = fs::read_to_string(dir.join("tcm_x.rs")).unwrap();
    assert!(driver.contains("mod kunit;") && !driver.contains("host_tests"));

    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command.args(["-p", "UAS", "-m", "host_tests", "--no-install", "-k"]);
    output(command.arg(tree.path())).unwrap();
    let own = fs::read_to_string(tree.target().join("host_tests/host_tests.rs")).unwrap();
    assert!(own.contains("mod kunit;") && own.contains("impl Operations for Fabric"));
}
