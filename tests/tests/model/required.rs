// SPDX-License-Identifier: GPL-2.0-only

//! Ops that target core requires: by its source or by the table, and faults of the plan.

use std::fs;
use std::path::PathBuf;

use tcm_bindings::{Header, RequiredFrom};
use tcm_mod_builder::plan;
use xtask::fixture::FixtureTree;

use super::{changed, read};

#[test]
fn changed_signature_of_a_required_op_is_a_fault() {
    let model = changed(
        "int (*queue_status)(struct se_cmd *)",
        "u64 (*queue_status)(struct se_cmd *)",
    );
    let model = model.unwrap();
    let faults = plan::plan(&model).unwrap_err();
    assert_eq!(faults.len(), 1);
    let text = faults[0].to_string();
    assert!(
        text.contains("u64 (*queue_status)(struct se_cmd *)"),
        "{text}"
    );
    assert!(text.contains("result `u64`"), "{text}");
}

#[test]
fn all_faults_of_required_ops_are_reported_at_once() {
    let tree = FixtureTree::new().unwrap();
    let header = tree.header();
    tree.replace(&header, "\tvoid (*release_cmd)(struct se_cmd *);\n", "")
        .unwrap();
    tree.replace(
        &header,
        "(*write_pending)(struct se_cmd *)",
        "(*write_pending)(struct warp *)",
    )
    .unwrap();
    let model = read(&tree).unwrap();
    let faults = plan::plan(&model).unwrap_err();
    let text: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(text.len(), 2, "{text:?}");
    assert!(
        text[0].contains("argument `struct warp * warp`"),
        "{text:?}"
    );
    assert!(text[1].contains("`release_cmd`"), "{text:?}");
}

#[test]
fn required_op_with_an_unknown_type_is_a_fault() {
    for declaration in [
        "int (*queue_status)(cmd_t *)",
        "status_t (*queue_status)(struct se_cmd *)",
    ] {
        let model = changed("int (*queue_status)(struct se_cmd *)", declaration).unwrap();
        let faults = plan::plan(&model).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        let text = faults[0].to_string();
        let expected = format!("target core requires the op `{declaration}`, whose ");
        assert!(text.starts_with(&expected), "{text}");
    }
}

#[test]
fn required_op_that_rust_cannot_express_is_a_fault() {
    for (argument, what) in [
        ("struct se_cmd *, ...", "argument list"),
        ("const u8 (*)[16]", "argument `const u8 (*)[16]"),
    ] {
        let model = changed(
            "(*queue_status)(struct se_cmd *)",
            &format!("(*queue_status)({argument})"),
        );
        let faults = plan::plan(&model.unwrap()).unwrap_err();
        let text = faults[0].to_string();
        let declaration = format!("int (*queue_status)({argument})");
        assert!(text.contains(&declaration) && text.contains(what), "{text}");
    }
}

#[test]
fn required_op_in_a_union_is_a_fault() {
    let op = "int (*queue_status)(struct se_cmd *);";
    let model = changed(op, &format!("union {{ {op} }};")).unwrap();
    let faults = plan::plan(&model).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().contains("anonymous"), "{faults:?}");
}

/// Writes a source of target core that requires `names`. Returns its path.
fn require(tree: &FixtureTree, names: &[&str]) -> PathBuf {
    let tests: Vec<_> = names
        .iter()
        .map(|name| format!("\tif (!tfo->{name}) {{\n\t\treturn -EINVAL;\n\t}}\n"))
        .collect();
    let check = format!(
        "static int target_fabric_tf_ops_check(const struct x *tfo)\n{{\n{}\treturn 0;\n}}\n",
        tests.concat()
    );
    let path = tree.target().join("target_core_configfs.c");
    fs::write(&path, check).unwrap();
    path
}

#[test]
fn new_required_op_is_a_fault() {
    let tree = FixtureTree::new().unwrap();
    let new = "int (*warp_cmd)(struct se_cmd *);\n\tvoid (*release_cmd)";
    tree.replace(&tree.header(), "void (*release_cmd)", new)
        .unwrap();
    let source = require(&tree, &["fabric_name", "warp_cmd"]);
    let model = read(&tree).unwrap();
    assert!(model.op("warp_cmd").unwrap().required);
    assert!(!model.op("queue_status").unwrap().required);
    assert_eq!(model.required_from, RequiredFrom::Source(source));
    assert!(model.missing.is_empty(), "{:?}", model.missing);
    let faults = plan::plan(&model).unwrap_err();
    assert!(
        faults[0]
            .to_string()
            .contains("int (*warp_cmd)(struct se_cmd *)")
    );
}

#[test]
fn source_decides_which_ops_are_required() {
    let tree = FixtureTree::new().unwrap();
    tree.replace(
        &tree.header(),
        "\tvoid (*release_cmd)(struct se_cmd *);\n",
        "",
    )
    .unwrap();
    require(&tree, &["warp_cmd", "queue_status"]);
    let model = read(&tree).unwrap();
    assert_eq!(model.missing, ["warp_cmd"]);
    let faults = plan::plan(&model).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].to_string().contains("`warp_cmd`"), "{faults:?}");
}

#[test]
fn header_is_read_with_the_source_of_its_tree() {
    let tree = FixtureTree::new().unwrap();
    let header = Header::file(&tree.header());
    let model = tcm_bindings::read(&header).unwrap();
    assert_eq!(model.required_from, RequiredFrom::Table);

    require(&tree, &["close_session"]);
    let model = tcm_bindings::read(&Header::file(&tree.header())).unwrap();
    assert!(matches!(model.required_from, RequiredFrom::Source(_)));
    let required: Vec<_> = model.ops.iter().filter(|op| op.required).collect();
    assert_eq!(required.len(), 1);
    assert_eq!(required[0].name, "close_session");

    let elsewhere = tree.path().join("target_core_fabric.h");
    fs::copy(tree.header(), &elsewhere).unwrap();
    let model = tcm_bindings::read(&Header::file(&elsewhere)).unwrap();
    assert_eq!(model.required_from, RequiredFrom::Table);
}

#[test]
fn source_without_the_check_is_a_warning() {
    let tree = FixtureTree::new().unwrap();
    fs::write(tree.target().join("target_core_configfs.c"), "int x;\n").unwrap();
    let model = read(&tree).unwrap();
    assert_eq!(model.required_from, RequiredFrom::Table);
    assert!(
        model.warnings[0].contains("has no target_fabric_tf_ops_check()"),
        "{:?}",
        model.warnings
    );
}
