// SPDX-License-Identifier: GPL-2.0-only

//! Ops and fields: signatures, types, names, comments.

use tcm_bindings::{Category, FabricOps};
use tcm_mod_builder::plan;
use xtask::fixture::{FixtureTree, OPS};

use super::{changed, read, warnings, with};

#[test]
fn whole_struct_is_read() {
    let model = read(&FixtureTree::new().unwrap()).unwrap();
    assert_eq!(model.ops.len(), OPS);
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
fn signatures_match_c() {
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
fn comments_are_kept() {
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
fn op_has_the_category_of_its_object() {
    let model = read(&FixtureTree::new().unwrap()).unwrap();
    let category = |name: &str| model.op(name).unwrap().category;
    assert_eq!(category("queue_status"), Category::Command);
    assert_eq!(category("close_session"), Category::Session);
    assert_eq!(category("tpg_get_tag"), Category::PortalGroup);
    assert_eq!(category("set_default_node_attributes"), Category::NodeAcl);
    assert_eq!(category("fabric_init_nodeacl"), Category::Configfs);
}

#[test]
fn annotations_for_sparse_and_compiler_are_ignored() {
    let new = "int __must_check (*tpg_warp)(void __user *, void __rcu *, void __iomem *, \
               void __force *, void __percpu *);\n#if IS_ENABLED(CONFIG_WARP)\n#endif\n\
               \tvoid (*release_cmd)";
    let model = changed("void (*release_cmd)", new).unwrap();
    assert_eq!(
        model.op("tpg_warp").unwrap().c_declaration(),
        "int (*tpg_warp)(void *, void *, void *, void *, void *)"
    );
}

#[test]
fn argument_name_is_not_part_of_its_type() {
    let model = with("int (*tpg_warp)(const u8 (*cdb)[16], void (*done)(int done), u32 type);");
    let op = model.op("tpg_warp").unwrap();
    let names: Vec<_> = op.args.iter().map(|arg| arg.name.as_str()).collect();
    assert_eq!(names, ["cdb", "done", "type"]);
    assert_eq!(
        op.c_declaration(),
        "int (*tpg_warp)(const u8 (*)[16], void (*)(int), u32)"
    );
}

#[test]
fn op_declared_by_a_typedef_is_read() {
    let tree = FixtureTree::new().unwrap();
    let header = tree.header();
    let types = "typedef int (*queue_fn)(struct se_cmd *);\ntypedef queue_fn other_fn;\n\
                 typedef int plain_fn(struct se_cmd *);\n\
                 typedef void (*warp_fn)(const u8 (*)[16]);\nstruct target_core_fabric_ops {";
    tree.replace(&header, "struct target_core_fabric_ops {", types)
        .unwrap();
    for (name, type_) in [
        ("queue_status", "queue_fn queue_status"),
        ("queue_data_in", "other_fn queue_data_in"),
        ("write_pending", "plain_fn *write_pending"),
    ] {
        let old = format!("int (*{name})(struct se_cmd *)");
        tree.replace(&header, &old, type_).unwrap();
    }
    tree.replace(
        &header,
        "void (*release_cmd)",
        "warp_fn warp;\n\tvoid (*release_cmd)",
    )
    .unwrap();
    let model = read(&tree).unwrap();
    for name in ["queue_status", "queue_data_in", "write_pending"] {
        let op = model.op(name).unwrap();
        assert_eq!(
            op.c_declaration(),
            format!("int (*{name})(struct se_cmd *)")
        );
        assert!(op.required);
    }
    let warp = model.op("warp").unwrap().c_declaration();
    assert_eq!(warp, "void (*warp)(const u8 (*)[16])");
    assert_eq!(model.fields.len(), 10);
    assert!(warnings(&model).contains(&warp));
}

#[test]
fn tags_and_const_are_kept() {
    let declarations = [
        "void (*warp)(const struct warp *, const union weft *, enum woof)",
        "enum woof (*weave)(const struct warp *)",
    ];
    let model = with(&declarations.map(|text| format!("{text};")).concat());
    for (name, declaration) in ["warp", "weave"].iter().zip(declarations) {
        assert_eq!(model.op(name).unwrap().c_declaration(), declaration);
    }
}

/// Declaration in C of the field `name`.
fn field(model: &FabricOps, name: &str) -> String {
    let mut fields = model.fields.iter();
    let field = fields.find(|field| field.name == name);
    field.unwrap_or_else(|| panic!("no {name}")).c_declaration()
}

#[test]
fn names_reserved_in_rust_are_kept() {
    let names = [
        "proc", "pure", "gen", "str", "u8", "type", "type_", "frob", "frob_",
    ];
    let ops: String = names
        .iter()
        .map(|name| format!("int (*{name})(u32 match, u32 loop_);\n"))
        .collect();
    let model = with(&format!("{ops}\tu32 priv;\n\tunsigned int mut:1, mut_:2;"));
    for name in names {
        let op = model.op(name).unwrap_or_else(|| panic!("no {name}"));
        let args: Vec<_> = op.args.iter().map(|arg| arg.name.as_str()).collect();
        assert_eq!(args, ["match", "loop_"]);
    }
    assert_eq!(model.ops.len(), OPS + names.len());
    assert_eq!(field(&model, "priv"), "u32 priv");
    assert_eq!(field(&model, "mut"), "unsigned int mut:1");
    assert_eq!(field(&model, "mut_"), "unsigned int mut_:2");
}

#[test]
fn members_of_anonymous_structs_and_unions_are_read() {
    let model = with(
        "union {\n\t\tint (*tpg_warp)(struct se_cmd *);\n\t\tstruct {\n\t\t\t\
         void (*tpg_weft)(void);\n\t\t\tu32 weft_size;\n\t\t\tunsigned int weft_bit:1;\n\t\t};\n\t};",
    );
    for name in ["tpg_warp", "tpg_weft"] {
        assert!(model.op(name).unwrap().nested, "{name}");
    }
    assert_eq!(model.ops.iter().filter(|op| op.nested).count(), 2);
    assert_eq!(field(&model, "weft_size"), "u32 weft_size");
    assert_eq!(field(&model, "weft_bit"), "unsigned int weft_bit:1");
    // Bindings have another path to them, so no slot may be written.
    let plan = plan::plan(&model).unwrap();
    assert_eq!(plan.slots.len(), OPS);
    let warnings = plan.warnings.join("\n");
    for text in [
        "int (*tpg_warp)(struct se_cmd *)",
        "void (*tpg_weft)(void)",
        "u32 weft_size",
    ] {
        assert!(warnings.contains(text), "{warnings}");
    }
}

#[test]
fn field_of_any_type_is_shown_in_c() {
    let declarations = [
        ("table", "int (*table)[4]"),
        ("cdb", "const u8 cdb[16]"),
        ("ops", "int (*ops[2])(struct se_cmd *)"),
        ("each", "int (**each)(void)"),
        ("ld", "long double ld"),
        ("inner", "struct { … } inner"),
    ];
    let members = declarations.map(|(_, text)| text.replace('…', "int x;") + ";\n");
    let model = with(&members.concat());
    assert_eq!(model.ops.len(), OPS);
    for (name, declaration) in declarations {
        assert_eq!(field(&model, name), declaration);
        assert!(warnings(&model).contains(declaration), "{declaration}");
    }
}
