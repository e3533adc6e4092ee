// SPDX-License-Identifier: GPL-2.0-only

//! `doctor`, `prepare` and `-k` on kernel trees of users: fixtures, and the headers of a
//! distribution.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;
use tempfile::TempDir;
use xtask::distribution::Headers;
use xtask::fixture::FixtureTree;
use xtask::kernel::{CURRENT, Flavour, newest, source};
use xtask::module::{Profile, builder};
use xtask::setup::LLVM;
use xtask::suite::wanted;

/// The command without the kernel and tools that the environment names.
fn command() -> Command {
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command
        .env_remove("KDIR")
        .env_remove("RUSTC")
        .env_remove("LLVM")
        .env_remove("BINDGEN");
    command
}

/// Report of `doctor` on a kernel, as JSON, and true if a module can be built.
fn examine(command: &mut Command, kernel: &Path) -> (Value, bool) {
    let output = command
        .args(["doctor", "--json", "-k"])
        .arg(kernel)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"].as_bool().unwrap(), output.status.success());
    (report, output.status.success())
}

/// One check of a report: status, finding and remedy.
fn check(report: &Value, what: &str) -> [String; 3] {
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["what"] == what);
    let check = check.unwrap_or_else(|| panic!("no {what} in {report}"));
    ["status", "found", "remedy"].map(|key| check[key].as_str().unwrap_or_default().to_owned())
}

/// The fixture's tree with a configuration that names `rustc`.
fn configured(rustc: &str, more: &str) -> FixtureTree {
    let tree = FixtureTree::new().unwrap();
    let config = format!(
        "CONFIG_MODULES=y\nCONFIG_TARGET_CORE=m\nCONFIG_CONFIGFS_FS=y\n\
         CONFIG_CC_VERSION_TEXT=\"gcc (none) 0\"\nCONFIG_RUSTC_VERSION_TEXT=\"{rustc}\"\n{more}"
    );
    fs::write(tree.path().join(".config"), config).unwrap();
    let kconfig =
        "config RUST\n\tbool \"Rust\"\n\tdepends on HAVE_RUST\n\tdepends on !RANDSTRUCT\n";
    fs::create_dir_all(tree.path().join("init")).unwrap();
    fs::write(tree.path().join("init/Kconfig"), kconfig).unwrap();
    tree
}

#[test]
fn unconfigured_tree_is_reported_with_the_options() {
    let tree = FixtureTree::new().unwrap();
    let (report, _) = examine(&mut command(), tree.path());
    let [status, _, remedy] = check(&report, "configuration");
    assert_eq!(status, "missing");
    assert!(remedy.contains("CONFIG_RUST"), "{remedy}");
    let assert = command()
        .args(["doctor", "-k"])
        .arg(tree.path())
        .assert()
        .code(1);
    assert
        .stdout(contains("missing  configuration"))
        .stderr(contains("cannot build a module"));
}

#[test]
fn kernel_without_rust_is_reported_with_the_cause() {
    let tree = configured("", "CONFIG_HAVE_RUST=y\nCONFIG_RANDSTRUCT=y\n");
    let (report, is_ok) = examine(&mut command(), tree.path());
    let [status, found, _] = check(&report, "Rust");
    assert_eq!((status.as_str(), is_ok), ("wrong", false));
    assert!(found.contains("!RANDSTRUCT (RANDSTRUCT=y)"), "{found}");
    assert!(!found.contains("HAVE_RUST"), "{found}");
}

/// A program that prints `version`.
fn program(dir: &TempDir, name: &str, version: &str) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, format!("#!/bin/sh\necho '{version}'\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn rustc_must_be_that_of_the_kernel() {
    let tools = tempfile::tempdir().unwrap();
    let tree = configured("rustc 1.2.3 (abc)", "CONFIG_RUST=y\n");
    let (report, _) = examine(&mut command(), tree.path());
    let [status, found, remedy] = check(&report, "rustc");
    assert_eq!(status, "wrong");
    assert!(
        found.contains("built with rustc 1.2.3 (abc)") && remedy.contains("$RUSTC"),
        "{found} {remedy}"
    );
    let right = program(&tools, "rustc", "rustc 1.2.3 (abc)");
    let (report, _) = examine(command().env("RUSTC", right), tree.path());
    assert_eq!(check(&report, "rustc")[0], "ok");
    // Clippy belongs to the compiler beside it.
    let [status, _, remedy] = check(&report, "clippy");
    assert!(
        status == "note" && remedy.contains("clippy` of a module needs it"),
        "{remedy}"
    );
}

#[test]
fn rustc_without_a_sysroot_is_reported() {
    let tools = tempfile::tempdir().unwrap();
    let rustc = tools.path().join("rustc");
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && echo rustc 1.2.3\n";
    fs::write(&rustc, script).unwrap();
    fs::set_permissions(&rustc, fs::Permissions::from_mode(0o755)).unwrap();
    let tree = configured("rustc 1.2.3", "CONFIG_RUST=y\n");
    let (report, _) = examine(command().env("RUSTC", rustc), tree.path());
    let [status, found, _] = check(&report, "rust-src");
    assert_eq!(status, "wrong");
    assert!(found.contains("sysroot` fails: exit status: 1"), "{found}");
}

#[test]
fn script_without_a_scratch_directory_is_reported() {
    let tree = configured("rustc 1.2.3", "CONFIG_RUST=y\n");
    let (report, _) = examine(command().env("TMPDIR", "/nonexistent"), tree.path());
    let checks = report["checks"].as_array().unwrap().iter();
    let said: Vec<_> = checks.map(ToString::to_string).collect();
    let of_script =
        |line: &&String| line.contains("cannot check the tools: exit status: 1, mktemp:");
    let line = said.iter().find(of_script).unwrap();
    assert!(line.contains("set TMPDIR to a directory"), "{line}");
}

#[test]
fn tool_that_the_user_named_is_not_to_be_installed() {
    let config = "CONFIG_RUST=y\nCONFIG_CC_IS_CLANG=y\n";
    let tree = configured("rustc 1.2.3 (abc)", config);
    let none = tempfile::tempdir().unwrap();
    for (variable, value, what) in [
        ("RUSTC", "/nonexistent/rustc", "rustc"),
        ("BINDGEN", "/nonexistent/bindgen", "bindgen"),
        ("TCM_CC", "/nonexistent/cc", "compiler"),
        ("LLVM", "-99", "compiler"),
        ("LIBCLANG_PATH", none.path().to_str().unwrap(), "libclang"),
    ] {
        let (report, _) = examine(command().env(variable, value), tree.path());
        let [status, _, remedy] = check(&report, what);
        assert_eq!(status, "missing", "{variable}");
        let expected = format!("${variable} is `{value}`: correct it, or unset it");
        assert_eq!(remedy, expected);
    }
}

#[test]
fn missing_tools_are_named_with_their_packages() {
    let tree = configured(
        "rustc 1.2.3",
        "CONFIG_RUST=y\nCONFIG_DEBUG_INFO_BTF_MODULES=y\n",
    );
    fs::write(tree.path().join("vmlinux"), "").unwrap();
    let empty = tempfile::tempdir().unwrap();
    let (report, is_ok) = examine(command().env("PATH", empty.path()), tree.path());
    assert!(!is_ok);
    for what in ["compiler", "bindgen", "kernel tools", "pahole"] {
        let [status, _, remedy] = check(&report, what);
        assert_eq!(status, "missing", "{what}");
        assert!(remedy.contains("install "), "{what}: {remedy}");
    }
    let [status, _, remedy] = check(&report, "kernel crate");
    assert_eq!(status, "missing");
    assert!(
        remedy.contains("make -C"),
        "the user's own kernel is built: {remedy}"
    );
    let assert = command()
        .args(["prepare", "-k"])
        .arg(tree.path())
        .assert()
        .code(1);
    assert.stderr(contains("a kernel that you build yourself"));
}

#[test]
fn build_directory_leads_to_its_source() {
    let tree = FixtureTree::new().unwrap();
    let build = tempfile::tempdir().unwrap();
    fs::write(build.path().join(".config"), "CONFIG_RUST=y\n").unwrap();
    let refused = command()
        .args(["ops", "-k"])
        .arg(build.path())
        .assert()
        .code(1);
    refused.stderr(contains("as a kernel"));
    let makefile = format!(
        "export KBUILD_OUTPUT = x\ninclude {}/Makefile\n",
        tree.path().display()
    );
    fs::write(build.path().join("Makefile"), makefile).unwrap();
    command()
        .args(["ops", "-k"])
        .arg(build.path())
        .assert()
        .success();
    // The module is in the source tree of the build directory.
    let mut generate = command();
    generate
        .args(["-p", "SAS", "-m", "tcm_x", "--no-install", "-k"])
        .arg(build.path());
    generate.assert().success();
    assert!(tree.target().join("tcm_x/Kbuild").is_file());
}

#[test]
fn tree_without_the_kernel_crate_is_refused() {
    let tree = FixtureTree::new().unwrap();
    fs::remove_dir_all(tree.path().join("rust")).unwrap();
    let generate = |wanted: &str| {
        let mut generate = command();
        generate
            .args(["-p", "SAS", "-m", "tcm_x", "-k"])
            .arg(tree.path());
        let out = tree.path().join("out");
        generate
            .arg("-o")
            .arg(&out)
            .assert()
            .code(1)
            .stderr(contains(wanted));
        assert!(!out.exists());
    };
    generate("has no rust/kernel");
    command()
        .args(["ops", "-k"])
        .arg(tree.path())
        .assert()
        .success();
    // Without Kconfig, the tree is a headers package.
    fs::remove_file(tree.path().join("Kconfig")).unwrap();
    generate("lacks the kernel crate's source");
}

/// A `/usr/src` with the headers of a distribution.
fn usr_src(headers: &Headers) -> TempDir {
    let src = tempfile::tempdir().unwrap();
    for dir in [headers.build(), headers.common()] {
        symlink(&dir, src.path().join(dir.file_name().unwrap())).unwrap();
    }
    src
}

/// Makes a source tree that claims to be `version`, of links to the source of a kernel that is
/// there.
fn source_of(version: &str, dir: &Path) {
    fs::create_dir(dir).unwrap();
    for entry in fs::read_dir(source(newest()).unwrap()).unwrap() {
        let path = entry.unwrap().path();
        symlink(&path, dir.join(path.file_name().unwrap())).unwrap();
    }
    let makefile = dir.join("Makefile");
    fs::remove_file(&makefile).unwrap();
    let numbers: Vec<_> = version.split('.').collect();
    let [major, minor, patch] = numbers[..] else {
        panic!("{version}");
    };
    let text = format!("VERSION = {major}\nPATCHLEVEL = {minor}\nSUBLEVEL = {patch}\n");
    fs::write(makefile, text).unwrap();
}

#[test]
#[ignore = "fetches a distribution's headers; `cargo xtask test` runs it"]
fn headers_of_a_distribution_need_a_source_of_their_version() {
    let headers = Headers::get().unwrap();
    let src = usr_src(&headers);
    let build = src.path().join(headers.build().file_name().unwrap());
    let common = src.path().join(headers.common().file_name().unwrap());
    let out = src.path().join("out");
    let generate = |kernel: &Path| {
        let mut generate = command();
        generate
            .args(["-p", "iSCSI", "-m", "tcm_x", "-k"])
            .arg(kernel)
            .arg("-o")
            .arg(&out);
        generate.assert()
    };
    // Headers alone: the error names the package of the source and the next step.
    let mut numbers = headers.version().split('.');
    let series = [numbers.next().unwrap(), numbers.next().unwrap()].join(".");
    let package = format!("linux-source-{series}");
    generate(&build)
        .code(1)
        .stderr(contains(&package).and(contains("tcm-mod-builder prepare")));
    generate(&common)
        .code(1)
        .stderr(contains("all flavours of that version share"));
    let (report, is_ok) = examine(&mut command(), &build);
    assert!(!is_ok);
    assert_eq!(check(&report, "Rust")[1], "CONFIG_RUST=y");
    assert_eq!(check(&report, "source")[0], "missing");
    let [status, found, remedy] = check(&report, "kernel crate");
    assert!(
        status == "missing" && found.contains("libkernel.rmeta"),
        "{found}"
    );
    assert!(remedy.contains("tcm-mod-builder prepare -k"), "{remedy}");
    command()
        .args(["ops", "-k"])
        .arg(&common)
        .assert()
        .success();
    assert!(!out.exists());

    // A source of another version is refused.
    let beside = src.path().join(&package);
    let other = format!("{series}.99");
    source_of(&other, &beside);
    let refusal = format!("is of Linux {other}: install headers and source of one version");
    generate(&build).code(1).stderr(contains(refusal));
    let [status, _, remedy] = check(&examine(&mut command(), &build).0, "source");
    assert!(
        status == "missing" && remedy.contains("of one version"),
        "{remedy}"
    );

    // A source of this version is accepted. Headers cannot take an in-tree module.
    fs::remove_dir_all(&beside).unwrap();
    source_of(headers.version(), &beside);
    generate(&build).success();
    assert!(out.join("target/ops.rs").is_file());
    let mut in_tree = command();
    in_tree
        .args(["-p", "iSCSI", "-m", "tcm_x", "-k"])
        .arg(&build);
    in_tree
        .assert()
        .code(1)
        .stderr(contains("headers package").and(contains("-o DIR")));
}

#[test]
#[ignore = "looks at a built kernel; `cargo xtask test` runs it"]
fn kernels_of_the_tests_pass_doctor() {
    for (version, flavour) in [(CURRENT, Flavour::Debug), (CURRENT, Flavour::Plain)] {
        let Some(kernel) = wanted(version, flavour) else {
            continue;
        };
        let path = format!("{LLVM}/bin:{}", std::env::var("PATH").unwrap());
        let mut fit = command();
        fit.env("PATH", path).env("BINDGEN", &kernel.tools.bindgen);
        let (report, is_ok) = examine(&mut fit, &kernel.build);
        assert!(is_ok, "{report:#}");
        assert_eq!(
            check(&report, "source")[1],
            kernel.source.display().to_string()
        );
    }
}
