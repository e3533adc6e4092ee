// SPDX-License-Identifier: GPL-2.0-only

//! The model: what `tcm-bindings` reads from a header, and what it cannot.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tcm_bindings::{Category, Error, FabricOps, Fault, Header};
use tcm_mod_builder::plan;
use xtask::fixture::FixtureTree;
use xtask::kernel::source;

fn read(tree: &FixtureTree) -> Result<FabricOps, Error> {
    tcm_bindings::read(&Header::in_tree(tree.path()).unwrap())
}

/// The model of the fixture's header with one text replaced.
fn changed(from: &str, to: &str) -> Result<FabricOps, Error> {
    let tree = FixtureTree::new().unwrap();
    tree.replace(&tree.header(), from, to).unwrap();
    read(&tree)
}

fn faults(result: Result<FabricOps, Error>) -> Vec<Fault> {
    match result.unwrap_err() {
        Error::Faults { faults, .. } => faults,
        other => panic!("{other}"),
    }
}

#[test]
fn the_whole_struct_is_read() {
    let model = read(&FixtureTree::new().unwrap()).unwrap();
    assert_eq!(model.ops.len(), 34);
    assert_eq!(model.attribute_groups.len(), 11);
    let fields: Vec<_> = model
        .fields
        .iter()
        .map(|f| (f.name.as_str(), f.bits))
        .collect();
    assert_eq!(fields[..2], [("module", None), ("fabric_alias", None)]);
    assert_eq!(fields[5], ("write_pending_must_be_called", Some(1)));
    assert_eq!(fields[9], ("default_compl_type", None));
    assert_eq!(fields.len(), 10);
    assert_eq!(model.ops.iter().filter(|op| op.required).count(), 13);
}

#[test]
fn signatures_are_those_of_c() {
    let model = read(&FixtureTree::new().unwrap()).unwrap();
    let declaration = |name: &str| model.op(name).unwrap().c_declaration();
    assert_eq!(
        declaration("tpg_get_wwn"),
        "char *(*tpg_get_wwn)(struct se_portal_group *)"
    );
    assert_eq!(
        declaration("sess_get_initiator_sid"),
        "u32 (*sess_get_initiator_sid)(struct se_session *, unsigned char *, u32)"
    );
    assert_eq!(
        declaration("fabric_make_wwn"),
        "struct se_wwn *(*fabric_make_wwn)(struct target_fabric_configfs *, struct config_group *, \
         const char *)"
    );
    let enable = model.op("fabric_enable_tpg").unwrap();
    let names: Vec<_> = enable.args.iter().map(|arg| arg.name.as_str()).collect();
    assert_eq!(names, ["se_tpg", "enable"]);
}

#[test]
fn comments_survive() {
    let model = read(&FixtureTree::new().unwrap()).unwrap();
    let op = |name: &str| &model.op(name).unwrap().doc;
    assert_eq!(
        op("tpg_check_demo_mode_login_only"),
        "Demo mode without LUNs."
    );
    assert_eq!(
        op("check_stop_free"),
        "The command is done.\n\n1: it is gone. 0: it is not."
    );
    assert_eq!(op("release_cmd"), "");
    let field = |name: &str| &model.fields.iter().find(|f| f.name == name).unwrap().doc;
    assert_eq!(field("fabric_name"), "A comment of one line.");
    assert_eq!(field("max_data_sg_nents"), "A comment of\ntwo lines.");
    assert_eq!(field("write_pending_must_be_called"), "A bit of\nits own.");
    assert_eq!(field("direct_compl_supp"), "");
}

#[test]
fn categories_tell_what_an_op_is_about() {
    let model = read(&FixtureTree::new().unwrap()).unwrap();
    let category = |name: &str| model.op(name).unwrap().category;
    assert_eq!(category("queue_status"), Category::Command);
    assert_eq!(category("close_session"), Category::Session);
    assert_eq!(category("tpg_get_tag"), Category::PortalGroup);
    assert_eq!(category("set_default_node_attributes"), Category::NodeAcl);
    assert_eq!(category("fabric_init_nodeacl"), Category::Configfs);
}

#[test]
fn a_new_op_is_read_and_its_slot_stays_empty() {
    let new = "int (*tpg_warp)(struct se_portal_group *, u32);\n\tvoid (*release_cmd)";
    let model = changed("void (*release_cmd)", new).unwrap();
    assert_eq!(model.ops.len(), 35);
    let plan = plan::plan(&model).unwrap();
    assert!(
        plan.slots
            .iter()
            .any(|slot| slot.op.name == "tpg_warp" && slot.method.is_none())
    );
    assert!(plan.warnings[0].contains("int (*tpg_warp)(struct se_portal_group *, u32)"));
}

#[test]
fn an_unknown_struct_in_an_optional_op_is_no_fault() {
    let new = "void (*tpg_warp)(struct warp_core *);\n\tvoid (*release_cmd)";
    let model = changed("void (*release_cmd)", new).unwrap();
    assert_eq!(
        model.op("tpg_warp").unwrap().args[0].ctype.to_string(),
        "struct warp_core *"
    );
    assert!(plan::plan(&model).is_ok());
}

#[test]
fn a_changed_signature_of_a_demanded_op_is_a_fault_that_names_it() {
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
fn every_demanded_op_that_is_missing_or_strange_is_told_at_once() {
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
fn a_demanded_op_that_is_new_is_a_fault() {
    let tree = FixtureTree::new().unwrap();
    let new = "int (*warp_cmd)(struct se_cmd *);\n\tvoid (*release_cmd)";
    tree.replace(&tree.header(), "void (*release_cmd)", new)
        .unwrap();
    let check = "static int target_fabric_tf_ops_check(const struct x *tfo)\n{\n\
                 \tif (!tfo->warp_cmd) {\n\t\treturn -EINVAL;\n\t}\n\treturn 0;\n}\n";
    fs::write(tree.target().join("target_core_configfs.c"), check).unwrap();
    let model = read(&tree).unwrap();
    assert!(model.op("warp_cmd").unwrap().required);
    assert!(!model.op("queue_status").unwrap().required);
    assert!(
        model
            .warnings
            .iter()
            .any(|warning| warning.contains("`warp_cmd`"))
    );
    let faults = plan::plan(&model).unwrap_err();
    assert!(
        faults[0]
            .to_string()
            .contains("int (*warp_cmd)(struct se_cmd *)")
    );
}

#[test]
fn unknown_types_are_all_named_with_their_lines() {
    let new = "foo_t (*tpg_warp)(struct se_portal_group *, bar_t);\n\tvoid (*release_cmd)";
    let faults = faults(changed("void (*release_cmd)", new));
    let names: BTreeSet<_> = faults
        .iter()
        .map(|fault| match fault {
            Fault::UnknownType { name, line } => (name.as_str(), *line),
            other => panic!("{other}"),
        })
        .collect();
    let line = names.first().unwrap().1;
    assert_eq!(names, BTreeSet::from([("bar_t", line), ("foo_t", line)]));
    assert!(faults[0].to_string().contains("bindings/standins/types.h"));
}

#[test]
fn unknown_includes_are_all_named_with_their_lines() {
    let new = "#include <linux/warp.h>\n#include \"target/drive.h\"\n#include <linux/types.h>";
    let faults = faults(changed("#include <linux/types.h>", new));
    let text: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(text.len(), 2);
    assert!(
        text[0].starts_with("line 10: #include <linux/warp.h> has no stand-in"),
        "{text:?}"
    );
    assert!(text[1].contains("target/drive.h"), "{text:?}");
}

#[test]
fn a_field_that_is_neither_op_nor_value_is_a_fault() {
    let faults = faults(changed(
        "size_t node_acl_size;",
        "int (*table)[4];\n\tsize_t node_acl_size;",
    ));
    assert!(
        matches!(&faults[0], Fault::UnknownField { name, .. } if name == "table"),
        "{faults:?}"
    );
}

#[test]
fn a_bare_header_and_the_old_name_will_do() {
    let tree = FixtureTree::new().unwrap();
    assert_eq!(
        tcm_bindings::read(&Header::file(&tree.header()))
            .unwrap()
            .ops
            .len(),
        34
    );
    fs::rename(
        tree.header(),
        tree.header().with_file_name("target_core_fabric_ops.h"),
    )
    .unwrap();
    assert_eq!(read(&tree).unwrap().ops.len(), 34);
}

#[test]
fn what_is_not_a_header_is_said_to_be_none() {
    let dir = tempfile::tempdir().unwrap();
    let error = Header::in_tree(dir.path()).unwrap_err().to_string();
    assert!(
        error.contains(&dir.path().display().to_string()) && error.contains("-k DIR"),
        "{error}"
    );
    let empty = dir.path().join("empty.h");
    fs::write(&empty, "struct target_core_fabric_ops;\n").unwrap();
    let error = tcm_bindings::read(&Header::file(&empty))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("does not define struct target_core_fabric_ops"),
        "{error}"
    );
    let error = tcm_bindings::read(&Header::file(Path::new("/no/such.h")))
        .unwrap_err()
        .to_string();
    assert!(error.contains("/no/such.h"), "{error}");
}

/// The names between `(*` and `)` in the struct's text, which is another way to find the ops than
/// bindgen's.
fn function_pointers(header: &str) -> Vec<String> {
    let start = header.find("struct target_core_fabric_ops {").unwrap();
    let body = &header[start..];
    let body = &body[..body.find("\n};").unwrap()];
    let pointers = body.split("(*").skip(1);
    pointers
        .map(|rest| rest.split(')').next().unwrap().to_owned())
        .collect()
}

#[test]
#[ignore = "needs kernel sources; `cargo xtask test` fetches them"]
fn the_kernels_own_headers_are_read() {
    for (version, fields) in [("6.12", 8), ("7.2", 10), ("7.3", 10)] {
        let header = Header::in_tree(&source(version).unwrap()).unwrap();
        let model = tcm_bindings::read(&header).unwrap();
        let names: Vec<_> = model.ops.iter().map(|op| op.name.clone()).collect();
        let expected = function_pointers(&fs::read_to_string(header.path()).unwrap());
        assert_eq!(names, expected, "{version}");
        assert_eq!(names.len(), 34, "{version}");
        assert_eq!(model.attribute_groups.len(), 11, "{version}");
        assert_eq!(model.fields.len(), fields, "{version}");
        assert!(model.warnings.is_empty(), "{version}: {:?}", model.warnings);
        assert!(plan::plan(&model).unwrap().warnings.is_empty(), "{version}");
        // The fixture has the same signatures, so what is tested with it holds here.
        let fixture = read(&FixtureTree::new().unwrap()).unwrap();
        for op in &model.ops {
            assert_eq!(
                fixture.op(&op.name).unwrap().c_declaration(),
                op.c_declaration()
            );
        }
    }
}
