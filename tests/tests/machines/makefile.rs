// SPDX-License-Identifier: GPL-2.0-only

//! The Makefile and the script of a module without a kernel.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};
use xtask::shell::checkout;

/// A module for the fixture's tree, in a directory of its own.
fn module(scratch: &TempDir) -> PathBuf {
    let tree = FixtureTree::new().unwrap();
    let dir = scratch.path().join("module");
    let mut generate = Command::new(builder(Profile::Dev).unwrap());
    generate
        .args(["-p", "FC", "-m", "tcm_x", "-k"])
        .arg(tree.path());
    assert!(
        generate
            .arg("-o")
            .arg(&dir)
            .output()
            .unwrap()
            .status
            .success()
    );
    dir
}

#[test]
fn clean_needs_no_kernel_and_leaves_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = module(&scratch);
    let files = || {
        let mut find = Command::new("find");
        let output = find.arg(&dir).args(["-type", "f"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut lines: Vec<_> = text.lines().map(ToOwned::to_owned).collect();
        lines.sort();
        lines
    };
    let before = files();
    let is_of_kbuild = |name: &&str| !name.starts_with('#') && !name.contains(".cmd");
    let ignored = fs::read_to_string(dir.join(".gitignore")).unwrap();
    let names = ignored.lines().filter(is_of_kbuild);
    for name in names.chain(["target/ops.o"]) {
        let path = dir.join(name.replace('*', "tcm_x"));
        let name = path.file_name().unwrap().to_str().unwrap();
        fs::write(
            path.with_file_name(format!(".{name}.cmd")),
            "savedcmd_x := cc\n",
        )
        .unwrap();
        fs::write(path, "").unwrap();
    }
    assert!(files().len() > before.len() + 20);
    // The author's own, of which kbuild knows nothing.
    fs::create_dir(dir.join("firmware")).unwrap();
    let own = ["firmware/blob.o", "theme.mod", ".theme.cmd", "theme"].map(|name| dir.join(name));
    for path in &own {
        fs::write(path, "mine").unwrap();
    }
    let mut make = Command::new("make");
    make.arg("-C")
        .arg(&dir)
        .args(["clean", "KDIR=/nonexistent"]);
    assert!(make.output().unwrap().status.success());
    for path in own {
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        fs::remove_file(path).unwrap();
    }
    assert_eq!(files(), before);
}

#[test]
fn missing_kernel_is_one_line() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = module(&scratch);
    let mut make = Command::new("make");
    let output = make
        .arg("-C")
        .arg(&dir)
        .arg("KDIR=/nonexistent")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.starts_with("cannot build a module for /nonexistent: it is not there"),
        "{text}"
    );
    assert!(
        text.contains("doctor -k /nonexistent") && text.lines().count() < 5,
        "{text}"
    );
}

#[test]
fn remedy_has_the_tools_of_the_command_line() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = module(&scratch);
    let said = |variables: &[&str]| {
        let mut make = Command::new("make");
        make.arg("-C").arg(&dir).arg("KDIR=/nonexistent");
        make.args(variables)
            .env("CC", "/conda/cc")
            .env("PATH", "/usr/bin:/bin");
        String::from_utf8(make.output().unwrap().stderr).unwrap()
    };
    let text = said(&["CC=gcc -m64", "RUSTC=/opt/rustc"]);
    let command = ": TCM_CC='gcc -m64' RUSTC='/opt/rustc' tcm-mod-builder doctor -k /nonexistent\n";
    assert!(text.contains(command), "{text}");
    assert!(
        text.contains("tcm-mod-builder is not in the PATH of "),
        "{text}"
    );
    let text = said(&[]);
    assert!(text.contains(": tcm-mod-builder doctor -k"), "{text}");
}

/// The configuration of a kernel, variables of the environment, and the words for make about the
/// compiler. `BIN` is the directory of the programs.
type Choice = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
);

const CHOICES: [Choice; 11] = [
    ("CC_IS_CLANG=y LD_IS_LLD=y", &[], &["LLVM=BIN/"]),
    ("CC_IS_CLANG=y LD_IS_BFD=y", &[], &["CC=BIN/clang"]),
    (
        "CC_IS_CLANG=y LD_IS_LLD=y",
        &[("LLVM", "-99")],
        &["LLVM=-99"],
    ),
    (
        "CC_IS_CLANG=y LD_IS_LLD=y",
        &[("CC", "gcc")],
        &["LLVM=BIN/"],
    ),
    (
        "CC_IS_CLANG=y LD_IS_LLD=y",
        &[("TCM_CC", "gcc")],
        &["CC=gcc"],
    ),
    (
        "CC_IS_CLANG=y LD_IS_LLD=y",
        &[("TCM_CC", "gcc"), ("LLVM", "1")],
        &["CC=gcc", "LLVM=1"],
    ),
    ("CC_IS_GCC=y LD_IS_BFD=y", &[], &["CC=BIN/gcc"]),
    (
        "CC_IS_GCC=y LD_IS_LLD=y",
        &[],
        &["CC=BIN/gcc", "LD=BIN/ld.lld"],
    ),
    ("CC_IS_GCC=y LD_IS_BFD=y", &[("CROSS_COMPILE", "far-")], &[]),
    (
        "CC_IS_CLANG=y LD_IS_LLD=y",
        &[("CROSS_COMPILE", "far-")],
        &["LLVM=BIN/"],
    ),
    ("CC_IS_CLANG=y LD_IS_LLD=y", &[("LLVM", "1")], &["LLVM=1"]),
];

#[test]
fn compiler_is_the_kernels_or_the_users() {
    let scratch = tempfile::tempdir().unwrap();
    let bin = scratch.path().join("bin");
    fs::create_dir(&bin).unwrap();
    for name in ["clang", "ld.lld", "ld", "gcc", "far-gcc"] {
        fs::write(bin.join(name), "#!/bin/sh\necho gcc 1\n").unwrap();
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let script = checkout().join("kernel-template/build/tools.sh");
    for (config, variables, expected) in CHOICES {
        let lines = config.split(' ').map(|line| format!("CONFIG_{line}\n"));
        let text = lines.collect::<String>() + "CONFIG_CC_VERSION_TEXT=\"gcc 1\"\n";
        fs::write(scratch.path().join(".config"), text).unwrap();
        let mut command = Command::new("/bin/sh");
        command.arg(&script).arg(scratch.path()).arg("report");
        command
            .env_clear()
            .env("PATH", &bin)
            .envs(variables.iter().copied());
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let uses = said
            .lines()
            .filter_map(|line| line.strip_prefix("use\t-\t"));
        let of_compiler = |word: &&str| {
            ["CC=", "LLVM=", "LD="]
                .iter()
                .any(|name| word.starts_with(name))
        };
        let found: Vec<_> = uses.filter(of_compiler).collect();
        let bin = bin.display().to_string();
        let expected: Vec<_> = expected
            .iter()
            .map(|word| word.replace("BIN", &bin))
            .collect();
        assert_eq!(found, expected, "{config} {variables:?}: {said}");
    }
}

#[test]
fn script_is_the_same_for_doctor_and_modules() {
    let scratch = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(module(&scratch).join("tools.sh")).unwrap();
    let template = fs::read_to_string(checkout().join("kernel-template/build/tools.sh")).unwrap();
    let (_, rest) = template.split_once("\n#\n").unwrap();
    assert!(text.ends_with(rest));
}
