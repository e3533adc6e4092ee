// SPDX-License-Identifier: GPL-2.0-only

//! Modules built for other kernels, and for headers with other ops.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use tcm_bindings::Header;
use tcm_mod_builder::data_path::{DATA_PATHS, DataPath};
use tempfile::TempDir;
use xtask::guest::Guest;
use xtask::kernel::{BETWEEN, CURRENT, Flavour, Kernel, LTS, get};
use xtask::module::{LOOPBACK, Module, Profile, build, builder};
use xtask::own_path::protocol_of;
use xtask::suite::{Length, wanted};

/// Source tree of a kernel with one text of the fabric header replaced.
fn changed_tree(kernel: &Kernel, from: &str, to: &str) -> TempDir {
    tree_with(kernel, |header| {
        assert!(header.contains(from), "the header has no `{from}`");
        header.replacen(from, to, 1)
    })
}

/// Source tree of a kernel with a changed fabric header. Everything else is a link.
fn tree_with(kernel: &Kernel, change: impl FnOnce(&str) -> String) -> TempDir {
    let view = tempfile::tempdir().unwrap();
    let mut path = PathBuf::new();
    for next in ["include", "target", "target_core_fabric.h"] {
        for entry in fs::read_dir(kernel.source.join(&path)).unwrap() {
            let name = entry.unwrap().file_name();
            if name != next {
                let of_kernel = kernel.source.join(&path).join(&name);
                symlink(of_kernel, view.path().join(&path).join(&name)).unwrap();
            }
        }
        path.push(next);
        if next != "target_core_fabric.h" {
            fs::create_dir(view.path().join(&path)).unwrap();
        }
    }
    let text = fs::read_to_string(kernel.source.join(&path)).unwrap();
    fs::write(view.path().join(&path), change(&text)).unwrap();
    view
}

/// Builds the module of a data path for a header without some of the ops.
fn build_without(kernel: &Kernel, data_path: &DataPath, ops: &[&str]) {
    let tree = tree_with(kernel, |header| without(header, ops));
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("tcm_without");
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command.args(["-p", protocol_of(data_path), "-m", "tcm_without"]);
    command.args(["--data-path", data_path.name]);
    command.arg("-k").arg(tree.path()).arg("-o").arg(&dir);
    command.assert().success();
    build_with(kernel, &dir, tree.path());
}

/// Header without some of its ops.
fn without(header: &str, ops: &[&str]) -> String {
    let mut text = header.to_owned();
    for op in ops {
        let at = text
            .find(&format!("(*{op})("))
            .unwrap_or_else(|| panic!("no op {op}"));
        let start = text[..at].rfind('\n').unwrap() + 1;
        let end = at + text[at..].find(";\n").unwrap() + 2;
        text.replace_range(start..end, "");
    }
    text
}

#[test]
#[ignore = "builds for a kernel; `cargo xtask test` runs it"]
fn driver_builds_without_optional_ops() {
    let kernel = get(CURRENT, Flavour::Debug).unwrap();
    let model = tcm_bindings::read(&Header::in_tree(&kernel.source).unwrap()).unwrap();
    let optional = model.ops.iter().filter(|op| !op.required);
    let optional: Vec<_> = optional.map(|op| op.name.as_str()).collect();
    assert!(optional.len() > 15, "{optional:?}");
    for data_path in DATA_PATHS {
        build_without(&kernel, data_path, &optional);
        if Length::of_this_run() == Length::Full {
            for op in &optional {
                build_without(&kernel, data_path, &[op]);
            }
        }
    }
}

fn sync(dir: &Path, tree: &Path) -> String {
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command.arg("sync").arg(dir).arg("-k").arg(tree);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Builds the module for a kernel with the header of `tree`.
fn build_with(kernel: &Kernel, dir: &Path, tree: &Path) {
    // The flags of the C compiler and of bindgen begin with this variable.
    let include = tree.join("include");
    let flags = format!("NOSTDINC_FLAGS=-nostdinc -I{}", include.display());
    build(kernel, dir, &[&flags]).unwrap();
}

/// Data paths of a kernel version. The iSCSI transport needs Linux 6.19.
fn data_paths(version: &str) -> impl Iterator<Item = &'static DataPath> {
    let is_offered = move |path: &&DataPath| path.name != "iscsi" || version != LTS;
    DATA_PATHS.into_iter().filter(is_offered)
}

/// Generates a module of each data path for one kernel, below `parent`. Returns their directories.
fn made_for<'a>(
    maker: &Kernel,
    data_paths: impl Iterator<Item = &'a DataPath>,
    parent: &Path,
) -> Vec<PathBuf> {
    let dirs = data_paths.map(|data_path| {
        let name = format!("tcm_any_{}", data_path.name);
        let dir = parent.join(&name);
        let module = Module {
            proto: protocol_of(data_path),
            name: &name,
            options: &["--data-path", data_path.name],
        };
        module.generate(maker, &dir).unwrap();
        dir
    });
    dirs.collect()
}

/// Builds the modules for a kernel, and runs their self-tests there.
fn try_on(kernel: &Kernel, dirs: &[PathBuf]) {
    for dir in dirs {
        build(kernel, dir, &[]).unwrap();
    }
    let mut guest = Guest::new(kernel);
    guest.modules = dirs.to_vec();
    guest.limit = Duration::from_secs(600);
    let scripts = dirs
        .iter()
        .map(|dir| format!("sh {}/selftest.sh || exit 1\n", dir.display()));
    guest
        .run_quietly(&scripts.collect::<String>())
        .unwrap()
        .check()
        .unwrap();
}

#[test]
#[ignore = "boots kernels; `cargo xtask test` runs it"]
fn module_works_on_other_kernels_without_sync() {
    let versions: &[_] = match Length::of_this_run() {
        Length::Short => &[LTS, CURRENT],
        Length::Full => &[LTS, CURRENT, BETWEEN],
    };
    for maker in versions {
        for other in versions.iter().filter(|other| *other != maker) {
            let oldest = if [*maker, *other].contains(&LTS) {
                LTS
            } else {
                CURRENT
            };
            let scratch = tempfile::tempdir().unwrap();
            let maker = get(maker, Flavour::Plain).unwrap();
            let dirs = made_for(&maker, data_paths(oldest), scratch.path());
            try_on(&get(other, Flavour::Plain).unwrap(), &dirs);
        }
    }
}

/// Header with another op after the last one, of a type from another include.
fn with_warp(header: &str) -> String {
    let at = header.find("struct target_core_fabric_ops {").unwrap();
    let end = at + header[at..].find("\n};").unwrap();
    let op = "\n\tint (*tpg_warp)(struct se_portal_group *, warp_t);";
    let include = "#include <warp/warp.h>\n";
    let first = header.find("#include ").unwrap();
    [
        &header[..first],
        include,
        &header[first..end],
        op,
        &header[end..],
    ]
    .concat()
}

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn added_op_is_a_warning_of_generator_build_and_module() {
    let kernel = get(CURRENT, Flavour::Plain).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let tree = tree_with(&kernel, with_warp);
    let include = tree.path().join("include");
    fs::create_dir(include.join("warp")).unwrap();
    fs::write(include.join("warp/warp.h"), "typedef int warp_t;\n").unwrap();

    let made_before = scratch.path().join("tcm_before");
    let module = Module {
        proto: "iSCSI",
        name: "tcm_before",
        options: &[],
    };
    module.generate(&kernel, &made_before).unwrap();
    let flags = format!("NOSTDINC_FLAGS=-nostdinc -I{}", include.display());
    let said = build(&kernel, &made_before, &[&flags])
        .unwrap_err()
        .to_string();
    let warnings = said.lines().filter(|line| line.starts_with("warning: "));
    let wanted = "warning: the op `tpg_warp` of this kernel is not in target/ops.rs and stays unset; \
                  to add it: tcm-mod-builder sync DIR";
    assert_eq!(warnings.collect::<Vec<_>>(), [wanted], "{said}");

    let made_after = scratch.path().join("tcm_after");
    let mut generate = Command::new(builder(Profile::Dev).unwrap());
    generate
        .args(["-p", "iSCSI", "-m", "tcm_after", "-k"])
        .arg(tree.path());
    let generated = generate.arg("-o").arg(&made_after).assert().success();
    generated.stderr(
        contains("<warp/warp.h>")
            .and(contains("`warp_t`"))
            .and(contains("tpg_warp")),
    );
    build_with(&kernel, &made_after, tree.path());

    let mut guest = Guest::new(&kernel);
    guest.limit = Duration::from_secs(300);
    guest.modules = vec![made_before, made_after];
    let load = "modprobe tcm_before && modprobe tcm_after && rmmod tcm_before tcm_after && dmesg";
    let outcome = guest.run_quietly(load).unwrap();
    outcome.check().unwrap();
    let warning = "tcm_before: the op tpg_warp of this kernel is new to the module";
    assert!(outcome.output.contains(warning), "{}", outcome.output);
    assert!(
        !outcome.output.contains("tcm_after: the op"),
        "{}",
        outcome.output
    );
}

#[test]
#[ignore = "builds for a kernel; `cargo xtask test` runs it"]
fn module_follows_added_removed_and_changed_ops() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("tcm_ops");
    let module = Module {
        proto: "iSCSI",
        name: "tcm_ops",
        options: &LOOPBACK,
    };
    module.generate(&kernel, &dir).unwrap();
    let driver = dir.join("tcm_ops.rs");
    let written = fs::read_to_string(&driver).unwrap();
    let login_only = "\tint (*tpg_check_demo_mode_login_only)(struct se_portal_group *);";

    let added = format!("\tint (*fabric_warp)(struct se_portal_group *, u32);\n{login_only}");
    let tree = changed_tree(&kernel, login_only, &added);
    // The build warns of the op before `sync`.
    let include = format!(
        "NOSTDINC_FLAGS=-nostdinc -I{}",
        tree.path().join("include").display()
    );
    let error = build(&kernel, &dir, &[&include]).unwrap_err().to_string();
    let warning = "the op `fabric_warp` of this kernel is not in target/ops.rs and stays unset";
    assert!(
        error.contains(warning) && error.contains(".ko\n"),
        "{error}"
    );
    assert!(sync(&dir, tree.path()).contains("+ int (*fabric_warp)"));
    build_with(&kernel, &dir, tree.path());

    let tree = changed_tree(&kernel, login_only, "");
    let said = sync(&dir, tree.path());
    let todo = "To do: remove `fn tpg_check_demo_mode_login_only` from tcm_ops.rs";
    assert!(said.contains(todo), "{said}");
    let method = written
        .find("    fn tpg_check_demo_mode_login_only")
        .unwrap();
    let start = written[..method].rfind("\n\n").unwrap() + 2;
    let end = method + written[method..].find("\n\n").unwrap() + 2;
    let without = [&written[..start], &written[end..]].concat();
    fs::write(&driver, without).unwrap();
    build_with(&kernel, &dir, tree.path());

    let tree = changed_tree(&kernel, "u16 (*tpg_get_tag)", "u32 (*tpg_get_tag)");
    let said = sync(&dir, tree.path());
    let signature = "fn tpg_get_tag(se_tpg: &Tpg<Self>) -> u32";
    assert!(said.contains(&format!("must be `{signature}`")), "{said}");
    let changed = written
        .replace("fn tpg_get_tag(se_tpg: &Tpg<Self>) -> u16", signature)
        .replace("se_tpg.data().tag\n", "se_tpg.data().tag.into()\n");
    assert_ne!(changed, written);
    fs::write(&driver, changed).unwrap();
    build_with(&kernel, &dir, tree.path());

    sync(&dir, &kernel.source);
    fs::write(&driver, &written).unwrap();
    build(&kernel, &dir, &[]).unwrap();
}
