// SPDX-License-Identifier: GPL-2.0-only

//! Rules for every module: the owner named in each file, format, reproducible bytes, all ops of the
//! header.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tcm_mod_builder::data_path::DATA_PATHS;
use tcm_mod_builder::module::files::{Owner, place};
use tcm_mod_builder::module::manifest::Manifest;
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};
use xtask::own_path::protocol_of;

use super::{files, generate};

/// Checks that each file of the module in `dir` names the owner that the manifest has. Returns the
/// paths of the generator's files that name none.
fn check_owners(dir: &Path) -> Vec<String> {
    let mut silent = Vec::new();
    for (path, owner) in Manifest::read(dir).unwrap().files() {
        let text = fs::read_to_string(place(dir, path)).unwrap();
        let said: Vec<_> = text
            .lines()
            .filter(|line| line.contains("`tcm-mod-builder sync` overwrites this file"))
            .collect();
        let until_edited = match owner {
            Owner::Author => {
                assert!(said.is_empty(), "{path}: {said:?}");
                continue;
            }
            Owner::Generator => false,
            Owner::GeneratorUntilEdited => true,
        };
        let [line] = said.as_slice() else {
            assert!(said.is_empty(), "{path}: {said:?}");
            silent.push(path.to_owned());
            continue;
        };
        assert_eq!(line.contains("file until it is edited."), until_edited);
        let before = text.lines().take_while(|other| other != line).last();
        assert!(before.unwrap().contains("SPDX-"), "{path}: {before:?}");
    }
    silent
}

/// Except files in a format without comments.
#[test]
fn each_file_names_its_owner() {
    let tree = FixtureTree::new().unwrap();
    for path in DATA_PATHS {
        let dir = generate(&tree, protocol_of(path), "tcm_x", path.name);
        assert_eq!(check_owners(&dir), Vec::<String>::new());
    }
    let mut in_tree = Command::new(builder(Profile::Dev).unwrap());
    in_tree.args(["-p", "iSCSI", "-m", "tcm_x", "--no-install", "-k"]);
    in_tree.arg(tree.path()).assert().success();
    let silent = check_owners(&tree.target().join("tcm_x"));
    let config = "../../../tools/testing/selftests/drivers/target/tcm_x/config";
    assert_eq!(silent, [config]);
}

/// The generator runs no rustfmt.
#[test]
fn generated_ops_and_unit_tests_pass_rustfmt() {
    let tree = FixtureTree::new().unwrap();
    for protocol in ["FC", "iSCSI", "ADT"] {
        let dir = generate(&tree, protocol, "tcm_x", "nop");
        let mut rustfmt = Command::new("rustfmt");
        rustfmt.args(["--check", "--edition=2021", "--config-path=/dev/null"]);
        let files = ["target/ops.rs", "kunit.rs"];
        rustfmt.args(files).current_dir(dir).assert().success();
    }
}

#[test]
fn same_input_gives_the_same_bytes() {
    let (one, two) = (FixtureTree::new().unwrap(), FixtureTree::new().unwrap());
    let (one, two) = (
        generate(&one, "SAS", "tcm_x", "loopback"),
        generate(&two, "SAS", "tcm_x", "loopback"),
    );
    assert_eq!(files(&one), files(&two));
}

#[test]
fn each_op_has_a_slot_a_method_and_a_callback() {
    let tree = FixtureTree::new().unwrap();
    let dir = generate(&tree, "iSCSI", "tcm_x", "nop");
    let text = fs::read_to_string(dir.join("target/ops.rs")).unwrap();
    let model = tcm_bindings::read(&tcm_bindings::Header::in_tree(tree.path()).unwrap()).unwrap();
    for op in &model.ops {
        let name = &op.name;
        // The layer drops target core's reference by itself.
        let has_method = text.contains(&format!("fn {name}("));
        assert_eq!(has_method, name != "check_stop_free", "{name}");
        assert!(
            text.contains(&format!("fn {name}_callback(")),
            "no callback {name}"
        );
        assert!(
            text.contains(&format!("        {name}: ")),
            "no slot {name}"
        );
        assert!(
            !has_method
                || text.contains(&format!("C: `{}`", op.c_declaration()).replace('\n', " "))
                || text
                    .replace("\n    /// ", " ")
                    .contains(&op.c_declaration()),
            "no declaration {name}"
        );
    }
    for group in &model.attribute_groups {
        assert!(
            text.contains(&format!("{group}: T::{}", group.to_uppercase())),
            "{group}"
        );
    }
}
