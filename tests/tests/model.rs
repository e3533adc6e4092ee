// SPDX-License-Identifier: GPL-2.0-only

//! The model: what `tcm-bindings` reads from a header, and what it cannot.

use std::fs;
use std::path::{Path, PathBuf};

use tcm_bindings::{Category, Error, FabricOps, Fault, Header, RequiredFrom};
use tcm_mod_builder::plan;
use xtask::fixture::FixtureTree;
use xtask::kernel::source;
use xtask::suite::is_skipped;

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
            .any(|slot| slot.op.name == "tpg_warp" && slot.method().is_none())
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
fn a_changed_signature_of_a_required_op_is_a_fault_that_names_it() {
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
fn every_required_op_that_is_missing_or_strange_is_told_at_once() {
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

/// Gives the tree a source of target core, which requires `names`; its path.
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
fn a_required_op_that_is_new_is_a_fault() {
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
fn what_is_required_and_missing_is_what_the_source_says() {
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
fn a_header_in_a_tree_is_read_with_the_source_of_that_tree() {
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
fn a_source_that_checks_elsewhere_is_told() {
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

/// The warnings of a plan for the fixture's header with one text replaced.
fn warned(from: &str, to: &str) -> Vec<String> {
    let model = changed(from, to).unwrap();
    plan::plan(&model).unwrap().warnings
}

#[test]
fn unknown_types_are_warnings_and_leave_slots_empty() {
    let new = "foo_t (*tpg_warp)(struct se_portal_group *, bar_t);\n\tbaz_t warp;\n\t\
               struct weft weft;\n\tint (*tpg_woof)(woof_t);\n\tvoid (*release_cmd)";
    let model = changed("void (*release_cmd)", new).unwrap();
    let plan = plan::plan(&model).unwrap();
    for (line, name) in [
        (41, "foo_t"),
        (41, "bar_t"),
        (42, "baz_t"),
        (43, "struct weft"),
        (44, "woof_t"),
    ] {
        let warning = format!("line {line}: the type `{name}` is unknown to this version");
        let found = model
            .warnings
            .iter()
            .filter(|text| text.starts_with(&warning));
        assert_eq!(found.count(), 1, "{warning}: {:?}", model.warnings);
    }
    for name in [
        "the op `foo_t (*tpg_warp)(struct se_portal_group *, bar_t)` is new",
        "the op `int (*tpg_woof)(woof_t)` is new",
        "the field `baz_t warp` is new",
        "the field `struct weft weft` is new",
    ] {
        let warned = plan.warnings.iter().any(|text| text.starts_with(name));
        assert!(warned, "{name}: {:?}", plan.warnings);
    }
    let slot = plan.slots.iter().find(|slot| slot.op.name == "tpg_warp");
    assert!(slot.unwrap().method().is_none());
}

#[test]
fn an_optional_op_with_an_unknown_type_is_an_empty_slot() {
    let old = "u32 (*sess_get_index)(struct se_session *)";
    let model = changed(old, "u32 (*sess_get_index)(session_t *)").unwrap();
    let plan = plan::plan(&model).unwrap();
    let slot = plan
        .slots
        .iter()
        .find(|slot| slot.op.name == "sess_get_index");
    assert!(slot.unwrap().method().is_none());
    let expected = "the op `u32 (*sess_get_index)(session_t *)` has another argument";
    assert!(
        plan.warnings[1].starts_with(expected),
        "{:?}",
        plan.warnings
    );
}

#[test]
fn a_required_op_with_an_unknown_type_is_a_fault() {
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
fn unknown_includes_are_warnings_with_their_lines() {
    let new = "#include <linux/warp.h>\n#include \"target/drive.h\"\n#include <linux/types.h>";
    let warnings = warned("#include <linux/types.h>", new);
    let expected = [(10, "linux/warp.h"), (11, "target/drive.h")].map(|(line, name)| {
        format!("line {line}: #include <{name}> is unknown to this version, and taken for empty")
    });
    assert_eq!(warnings, expected);
}

#[test]
fn an_include_that_clang_never_sees_does_no_harm() {
    let new = "/*\n#include <linux/a.h>\n*/\n#if 0\n#include <linux/b.h>\n#endif\n\
               #if IS_ENABLED(CONFIG_C)\n#include <linux/c.h>\n#endif\n#include <linux/types.h>";
    assert!(warned("#include <linux/types.h>", new).is_empty());
    let seen = new.replace("#if IS", "#if !IS");
    let warnings = warned("#include <linux/types.h>", &seen);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let expected = "line 17: #include <linux/c.h>";
    assert!(warnings[0].starts_with(expected), "{warnings:?}");
}

#[test]
fn every_other_error_of_clang_is_a_fault_with_its_line() {
    for (text, said) in [
        ("int (*tpg_warp)(void", "line 42: cannot combine"),
        (
            "u8 warp[WARP_SIZE];",
            "line 41: use of undeclared identifier 'WARP_SIZE'",
        ),
        ("int (*do$lar)(void);", "line 41: expected"),
        (
            "foo_t unknown[WARP_SIZE];",
            "line 41: use of undeclared identifier 'WARP_SIZE'",
        ),
        (
            "int (*größe)(void);",
            "line 41: the name `größe` has characters that are not ASCII",
        ),
        (
            "int (*frob\\u00b2)(void);",
            "line 41: the name `frob²` has characters",
        ),
    ] {
        let new = format!("{text}\n\tvoid (*release_cmd)");
        let faults = faults(changed("void (*release_cmd)", &new));
        assert!(faults[0].to_string().starts_with(said), "{faults:?}");
    }
}

#[test]
fn what_the_kernel_marks_for_sparse_and_the_compiler_is_known() {
    let new = "int __must_check (*tpg_warp)(void __user *, void __rcu *, void __iomem *, \
               void __force *, void __percpu *);\n#if IS_ENABLED(CONFIG_WARP)\n#endif\n\
               \tvoid (*release_cmd)";
    let model = changed("void (*release_cmd)", new).unwrap();
    assert_eq!(
        model.op("tpg_warp").unwrap().c_declaration(),
        "int (*tpg_warp)(void *, void *, void *, void *, void *)"
    );
}

/// The model of the fixture with `members` before `release_cmd`.
fn with(members: &str) -> FabricOps {
    changed(
        "void (*release_cmd)",
        &format!("{members}\n\tvoid (*release_cmd)"),
    )
    .unwrap()
}

/// The field of this name, as C declares it.
fn field(model: &FabricOps, name: &str) -> String {
    let mut fields = model.fields.iter();
    let field = fields.find(|field| field.name == name);
    field.unwrap_or_else(|| panic!("no {name}")).c_declaration()
}

/// Warnings of the plan, in one text.
fn warnings(model: &FabricOps) -> String {
    plan::plan(model).unwrap().warnings.join("\n")
}

#[test]
fn an_op_that_rust_cannot_express_is_told_in_c_and_left_out() {
    for declaration in [
        "int (*tpg_warp)(const u8 (*)[16])",
        "int (*tpg_warp)(struct se_cmd *, int (*)(u8 *, u32), void *)",
        "int (*(*tpg_warp)(struct se_cmd *, u32))(char)",
        "int (*tpg_warp)(struct se_cmd *, ...)",
        "int (*tpg_warp)(volatile u32 *)",
        "const char *const *(*tpg_warp)(char *const *)",
        "struct warp (*(*tpg_warp)(void))[4]",
        "void (*tpg_warp)(enum tcm_tmreq_table)",
    ] {
        let model = with(&format!("struct warp {{ int x; }};\n{declaration};"));
        assert_eq!(model.ops.len(), 35, "{declaration}");
        assert_eq!(model.op("tpg_warp").unwrap().c_declaration(), declaration);
        assert!(warnings(&model).contains(declaration), "{declaration}");
        let plan = plan::plan(&model).unwrap();
        let slot = plan.slots.iter().find(|slot| slot.op.name == "tpg_warp");
        assert!(slot.unwrap().method().is_none(), "{declaration}");
    }
}

#[test]
fn what_an_argument_is_called_is_kept_apart_from_its_type() {
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
fn a_required_op_that_rust_cannot_express_is_a_fault() {
    for (argument, what) in [
        ("struct se_cmd *, ...", "list of arguments"),
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
fn an_op_may_be_declared_by_a_typedef() {
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
fn tags_and_const_are_those_of_the_header() {
    let declarations = [
        "void (*warp)(const struct warp *, const union weft *, enum woof)",
        "enum woof (*weave)(const struct warp *)",
    ];
    let model = with(&declarations.map(|text| format!("{text};")).concat());
    for (name, declaration) in ["warp", "weave"].iter().zip(declarations) {
        assert_eq!(model.op(name).unwrap().c_declaration(), declaration);
    }
}

#[test]
fn names_are_those_of_c_whatever_rust_reserves() {
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
    assert_eq!(model.ops.len(), 34 + names.len());
    assert_eq!(field(&model, "priv"), "u32 priv");
    assert_eq!(field(&model, "mut"), "unsigned int mut:1");
    assert_eq!(field(&model, "mut_"), "unsigned int mut_:2");
}

#[test]
fn members_of_a_struct_or_union_without_a_name_are_the_structs_own() {
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
    // Rust has another path to them, so nothing may be written for them.
    let plan = plan::plan(&model).unwrap();
    assert_eq!(plan.slots.len(), 34);
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
fn a_required_op_in_a_union_is_a_fault() {
    let op = "int (*queue_status)(struct se_cmd *);";
    let model = changed(op, &format!("union {{ {op} }};")).unwrap();
    let faults = plan::plan(&model).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().contains("anonymous"), "{faults:?}");
}

#[test]
fn a_condition_that_leaves_something_out_is_told() {
    let members = "#ifdef CONFIG_WARP\n\tint (*tpg_warp)(void);\n\tu32 warp_size;\n#else\n\
                   \tint (*tpg_weft)(void);\n#endif\n#if 0\n\tint (*old)(void);\n#endif\n\
                   #ifndef CONFIG_WARP\n\tint (*woof)(void);\n#elif 1\n#endif";
    let model = with(&format!("\n{members}"));
    assert!(model.op("tpg_weft").is_some() && model.op("woof").is_some());
    assert!(model.op("tpg_warp").is_none());
    assert_eq!(model.warnings.len(), 1, "{:?}", model.warnings);
    let line = 42;
    let expected = format!(
        "line {line}: `#ifdef CONFIG_WARP` does not hold here, which leaves out `tpg_warp`, \
         `warp_size`;"
    );
    assert!(
        model.warnings[0].starts_with(&expected),
        "{:?}",
        model.warnings
    );
    assert!(warnings(&model).contains(&expected));
}

#[test]
fn a_name_in_both_branches_is_told_for_the_one_that_is_left_out() {
    let model = with(
        "\n#if IS_ENABLED(CONFIG_WARP)\n\tint (*warp)(int);\n#else\n\tint (*warp)(void);\n#endif",
    );
    assert_eq!(
        model.op("warp").unwrap().c_declaration(),
        "int (*warp)(void)"
    );
    assert!(model.warnings[0].contains("`#if IS_ENABLED(CONFIG_WARP)`"));
    let model = with("\n#define W\n#ifdef W\n\tint (*warp)(int);\n#else\n\tu8 w;\n#endif");
    assert_eq!(
        model.op("warp").unwrap().c_declaration(),
        "int (*warp)(int)"
    );
    assert!(model.warnings[0].contains("`#else of #ifdef W`"));
}

#[test]
fn a_struct_that_a_condition_leaves_out_is_told() {
    let guard = "#ifndef FIXTURE_TARGET_CORE_FABRIC_H";
    let error = changed(guard, "#ifdef CONFIG_TARGET_CORE").unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("`#ifdef CONFIG_TARGET_CORE` (line 6)"),
        "{text}"
    );
}

#[test]
fn fields_of_any_type_are_told_in_c_and_stay_zero() {
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
    assert_eq!(model.ops.len(), 34);
    for (name, declaration) in declarations {
        assert_eq!(field(&model, name), declaration);
        assert!(warnings(&model).contains(declaration), "{declaration}");
    }
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
        if is_skipped(version) {
            continue;
        }
        let header = Header::in_tree(&source(version).unwrap()).unwrap();
        let model = tcm_bindings::read(&header).unwrap();
        let names: Vec<_> = model.ops.iter().map(|op| op.name.clone()).collect();
        let expected = function_pointers(&fs::read_to_string(header.path()).unwrap());
        assert_eq!(names, expected, "{version}");
        assert_eq!(names.len(), 34, "{version}");
        assert_eq!(model.attribute_groups.len(), 11, "{version}");
        assert_eq!(model.fields.len(), fields, "{version}");
        assert!(model.warnings.is_empty(), "{version}: {:?}", model.warnings);
        assert!(
            matches!(model.required_from, RequiredFrom::Source(_)),
            "{version}"
        );
        // The table that stands in for the source says the same.
        let bare = tempfile::NamedTempFile::new().unwrap();
        fs::copy(header.path(), bare.path()).unwrap();
        let by_table = tcm_bindings::read(&Header::file(bare.path())).unwrap();
        assert_eq!(by_table.required_from, RequiredFrom::Table);
        assert_eq!(by_table.ops, model.ops, "{version}");
        assert!(
            model.missing.is_empty() && by_table.missing.is_empty(),
            "{version}"
        );
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
