// SPDX-License-Identifier: GPL-2.0-only

//! `sync`: what it writes, what it leaves, what it says; and that the result compiles, from kernel to
//! kernel and for headers whose ops have changed.

mod common;
#[path = "sync/replaced.rs"]
mod replaced;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use common::refused;
use predicates::prelude::*;
use predicates::str::contains;
use tcm_bindings::Header;
use tcm_mod_builder::data_path::DATA_PATHS;
use tempfile::TempDir;
use xtask::fixture::FixtureTree;
use xtask::guest::Guest;
use xtask::kernel::{BETWEEN, CURRENT, Flavour, Kernel, LTS, get};
use xtask::module::{ISCSI, LOOPBACK, Module, Profile, build, builder};
use xtask::suite::{Length, wanted};

/// An op that a NOP driver does not implement, and the loopback's does.
const LINK: &str = "int (*fabric_post_link)(struct se_portal_group *,";

/// Files elsewhere in the kernel's tree are the generator's until somebody edits them, as those beside
/// the driver.
#[test]
fn files_elsewhere_in_the_tree_are_written_again_until_edited() {
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
    // From inside the directory, too.
    fs::remove_file(kselftest.join("config")).unwrap();
    let mut inside = Command::new(builder(Profile::Dev).unwrap());
    inside
        .args(["sync", "."])
        .current_dir(&fixture.dir)
        .env_remove("KDIR");
    inside.assert().success();
    assert!(kselftest.join("config").is_file());
}

/// A module beside the tree that it is made from.
struct Fixture {
    tree: FixtureTree,
    dir: PathBuf,
}

impl Fixture {
    fn new(data_path: &str) -> Self {
        Self::of(FixtureTree::new().unwrap(), data_path)
    }

    fn of(tree: FixtureTree, data_path: &str) -> Self {
        let dir = tree.path().join("module");
        let mut command = Command::new(builder(Profile::Dev).unwrap());
        command.args(["-p", "iSCSI", "-m", "tcm_x", "--data-path", data_path]);
        command.arg("-k").arg(tree.path()).arg("-o").arg(&dir);
        command.assert().success();
        Self { tree, dir }
    }

    /// `sync` for the tree.
    fn sync(&self) -> Command {
        let mut command = Command::new(builder(Profile::Dev).unwrap());
        self.aim(&mut command);
        command
    }

    fn aim(&self, command: &mut Command) {
        command.arg("sync").arg(&self.dir).arg("-k");
        command.arg(self.tree.path()).env_remove("KDIR");
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.dir.join(file)).unwrap()
    }

    fn change(&self, from: &str, to: &str) {
        self.tree.replace(&self.tree.header(), from, to).unwrap();
    }

    /// Checks that a command fails, says all of `said`, and leaves everything as it was.
    fn refused(&self, command: &mut Command, said: &[&str]) {
        refused(&self.tree, command, 1, said);
    }
}

#[test]
fn a_module_in_step_stays_as_it_is() {
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
fn the_tree_round_the_module_is_the_default() {
    let fixture = Fixture::new("nop");
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command.env_remove("KDIR").current_dir("/");
    command.arg("sync").arg(&fixture.dir).assert().success();
}

#[test]
fn an_op_that_is_new_is_reported_with_the_method_to_add() {
    let tree = FixtureTree::new().unwrap();
    let header = fs::read_to_string(tree.header()).unwrap();
    tree.replace(
        &tree.header(),
        LINK,
        "int (*fabric_old)(struct se_portal_group *,",
    )
    .unwrap();
    let fixture = Fixture::of(tree, "nop");
    let driver = fixture.text("tcm_x.rs");
    assert!(!fixture.text("target/ops.rs").contains("fabric_post_link"));
    fs::write(fixture.tree.header(), header).unwrap();

    let said = ["is out of step with", "run `tcm-mod-builder sync"];
    fixture.refused(fixture.sync().arg("--check"), &said);
    let assert = fixture.sync().assert().success();
    assert
        .stdout(contains("- int (*fabric_old)(struct se_portal_group *, struct se_lun *)\n"))
        .stdout(contains("+ int (*fabric_post_link)(struct se_portal_group *, struct se_lun *)\n"))
        .stdout(contains(
            "To do: tcm_x.rs: add `fn fabric_post_link(se_tpg: &Tpg<Self>, se_lun: &Lun) -> Result`",
        ))
        .stdout(contains("Changing file: ").count(2));
    assert!(
        fixture
            .text("target/ops.rs")
            .contains("fabric_post_link_callback")
    );
    assert_eq!(fixture.text("tcm_x.rs"), driver);
    fixture.sync().arg("--check").assert().success();
}

#[test]
fn an_op_that_is_gone_is_reported_with_the_method_to_remove() {
    let fixture = Fixture::new("loopback");
    fixture.change(LINK, "int (*fabric_new)(struct se_portal_group *,");
    let assert = fixture.sync().assert().success();
    assert
        .stdout(contains(
            "To do: remove `fn fabric_post_link` from tcm_x.rs",
        ))
        .stderr(contains(
            "`int (*fabric_new)(struct se_portal_group *, struct se_lun *)` is new",
        ));
}

#[test]
fn an_op_that_has_changed_is_reported_with_its_new_signature() {
    let fixture = Fixture::new("nop");
    fixture.change("u16 (*tpg_get_tag)", "u32 (*tpg_get_tag)");
    let assert = fixture.sync().assert().success();
    assert
        .stdout(contains(
            "- u16 (*tpg_get_tag)(struct se_portal_group *) (required)",
        ))
        .stdout(contains(
            "+ u32 (*tpg_get_tag)(struct se_portal_group *) (required)",
        ))
        .stdout(contains(
            "tcm_x.rs: `fn tpg_get_tag` must be `fn tpg_get_tag(se_tpg: &Tpg<Self>) -> u32`",
        ));
}

#[test]
fn a_field_that_other_kernels_lack_asks_nothing_of_the_author() {
    let fixture = Fixture::new("loopback");
    fixture.change("unsigned int direct_compl_supp:1;", "");
    let assert = fixture.sync().assert().success();
    assert
        .stdout(contains("direct_compl_supp"))
        .stdout(contains("To do").not());
    assert!(
        fixture
            .text("target/ops.rs")
            .contains("const DIRECT_COMPL_SUPP: bool")
    );
}

#[test]
fn a_kernel_crate_with_less_asks_for_nothing() {
    let fixture = Fixture::new("loopback");
    fs::remove_dir_all(fixture.tree.path().join("rust/kernel/sync")).unwrap();
    fixture.sync().arg("--check").assert().success();
}

#[test]
fn a_file_that_is_written_no_longer_is_removed() {
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
fn the_authors_files_are_left_alone() {
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
fn an_edited_file_of_the_generators_is_not_overwritten_without_force() {
    let fixture = Fixture::new("nop");
    let edited = fixture.text("target/tpg.rs") + "// Mine.\n";
    fs::write(fixture.dir.join("target/tpg.rs"), edited).unwrap();
    let said = ["target/tpg.rs (edited)", "-// Mine.", "--force"];
    fixture.refused(&mut fixture.sync(), &said);
    fixture.sync().arg("--force").assert().success();
    assert!(!fixture.text("target/tpg.rs").contains("Mine"));
}

#[test]
fn a_build_file_is_the_authors_once_it_is_edited() {
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
fn an_edited_build_file_without_probes_is_to_get_them() {
    let fixture = Fixture::new("nop");
    let old = fixture.text("Kbuild").replace("kernel_cfg", "old_cfg");
    fs::write(fixture.dir.join("Kbuild"), old).unwrap();
    let assert = fixture.sync().assert().success();
    assert.stdout(contains("To do: Kbuild: add the lines with `kernel_cfg`"));
}

#[test]
fn a_directory_that_cannot_be_made_again_is_refused() {
    let fixture = Fixture::new("nop");
    let manifest = fixture.dir.join(".tcm-mod-builder.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let request = "{\"version\": \"0.1.0\", \"protocol\": \"iSCSI\", \"module\": \"tcm_x\"}";
    for (text, said) in [
        (request, "its format is null"),
        (
            &text.replace("\"format\": 2", "\"format\": 3"),
            "its format is 3, and this version reads 2",
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
        &["was not generated by tcm-mod-builder"],
    );
}

#[test]
fn a_step_that_fails_leaves_everything_as_it_was() {
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
            &["nothing has been changed"],
        );
    }
}

/// The source tree of a kernel whose fabric header has one text replaced.
fn changed_tree(kernel: &Kernel, from: &str, to: &str) -> TempDir {
    tree_with(kernel, |header| {
        assert!(header.contains(from), "the header has no `{from}`");
        header.replacen(from, to, 1)
    })
}

/// The source tree of a kernel with another fabric header: all else are links.
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
fn build_without(kernel: &Kernel, data_path: &str, ops: &[&str]) {
    let tree = tree_with(kernel, |header| without(header, ops));
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("tcm_without");
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command.args(["-p", "iSCSI", "-m", "tcm_without", "--data-path", data_path]);
    command.arg("-k").arg(tree.path()).arg("-o").arg(&dir);
    command.assert().success();
    build_with(kernel, &dir, tree.path());
}

/// A header without some of its ops.
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
fn a_driver_builds_for_a_header_without_optional_ops() {
    let kernel = get(CURRENT, Flavour::Debug).unwrap();
    let model = tcm_bindings::read(&Header::in_tree(&kernel.source).unwrap()).unwrap();
    let optional = model.ops.iter().filter(|op| !op.required);
    let optional: Vec<_> = optional.map(|op| op.name.as_str()).collect();
    assert!(optional.len() > 15, "{optional:?}");
    for data_path in DATA_PATHS {
        build_without(&kernel, data_path.name, &optional);
        if Length::of_this_run() == Length::Full {
            for op in &optional {
                build_without(&kernel, data_path.name, &[op]);
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

/// Builds the module for a kernel as it would be with another header.
fn build_with(kernel: &Kernel, dir: &Path, tree: &Path) {
    // This variable is what the compiler's flags begin with, in C and for bindgen.
    let include = tree.join("include");
    let flags = format!("NOSTDINC_FLAGS=-nostdinc -I{}", include.display());
    build(kernel, dir, &[&flags]).unwrap();
}

/// The data paths that a kernel of this version has, each with its arguments: the iSCSI transport is
/// for Linux 7.2 and newer.
fn data_paths(version: &str) -> Vec<(&'static str, &'static [&'static str])> {
    let mut paths: Vec<(_, &[_])> = vec![("nop", &[]), ("loop", &LOOPBACK)];
    if version != LTS {
        paths.push(("net", &ISCSI));
    }
    paths
}

/// Makes a module of each data path for one kernel, below `parent`, and returns their directories.
fn made_for(maker: &Kernel, data_paths: &[(&str, &[&str])], parent: &Path) -> Vec<PathBuf> {
    let dirs = data_paths.iter().map(|(data_path, options)| {
        let name = format!("tcm_any_{data_path}");
        let dir = parent.join(&name);
        let module = Module {
            proto: "iSCSI",
            name: &name,
            options,
        };
        module.generate(maker, &dir).unwrap();
        dir
    });
    dirs.collect()
}

/// Builds the modules for another kernel than they were made for, and tries them there.
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
fn a_module_made_for_one_kernel_works_on_the_others_without_sync() {
    let versions: &[_] = match Length::of_this_run() {
        Length::Short => &[LTS, CURRENT],
        Length::Full => &[LTS, CURRENT, BETWEEN],
    };
    for maker in versions {
        for other in versions.iter().filter(|other| *other != maker) {
            let both = data_paths(maker).into_iter();
            let both = both.filter(|path| data_paths(other).contains(path));
            let scratch = tempfile::tempdir().unwrap();
            let maker = get(maker, Flavour::Plain).unwrap();
            let dirs = made_for(&maker, &both.collect::<Vec<_>>(), scratch.path());
            try_on(&get(other, Flavour::Plain).unwrap(), &dirs);
        }
    }
}

/// A header with one more op at the end of the ops, of a type from an include that is new, too.
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
fn an_op_that_the_kernel_has_added_is_a_warning_of_generator_build_and_module() {
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
fn a_module_follows_ops_that_are_added_removed_and_changed() {
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
    // Before, the build warns of the op.
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
