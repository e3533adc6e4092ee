// SPDX-License-Identifier: GPL-2.0-only

//! Ops, types and includes that this version does not know: warnings, and slots that stay empty.
//! Other errors of clang: faults.

use tcm_bindings::{Error, FabricOps, Fault};
use tcm_mod_builder::plan;
use xtask::fixture::OPS;

use super::{changed, warnings, with};

#[test]
fn new_op_has_an_empty_slot() {
    let new = "int (*tpg_warp)(struct se_portal_group *, u32);\n\tvoid (*release_cmd)";
    let model = changed("void (*release_cmd)", new).unwrap();
    assert_eq!(model.ops.len(), OPS + 1);
    let plan = plan::plan(&model).unwrap();
    assert!(
        plan.slots
            .iter()
            .any(|slot| slot.op.name == "tpg_warp" && slot.method().is_none())
    );
    assert!(plan.warnings[0].contains("int (*tpg_warp)(struct se_portal_group *, u32)"));
}

#[test]
fn unknown_struct_in_an_optional_op_is_not_a_fault() {
    let new = "void (*tpg_warp)(struct warp_core *);\n\tvoid (*release_cmd)";
    let model = changed("void (*release_cmd)", new).unwrap();
    assert_eq!(
        model.op("tpg_warp").unwrap().args[0].ctype.to_string(),
        "struct warp_core *"
    );
    assert!(plan::plan(&model).is_ok());
}

#[test]
fn unknown_types_are_warnings_with_empty_slots() {
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
        let warning = format!("line {line}: the type `{name}` is unknown; no op");
        let found = model
            .warnings
            .iter()
            .filter(|text| text.starts_with(&warning));
        assert_eq!(found.count(), 1, "{warning}: {:?}", model.warnings);
    }
    for name in [
        "the op `foo_t (*tpg_warp)(struct se_portal_group *, bar_t)` is unknown",
        "the op `int (*tpg_woof)(woof_t)` is unknown",
        "the field `baz_t warp` is neither a number nor a bit",
        "the field `struct weft weft` is neither a number nor a bit",
    ] {
        let warned = plan.warnings.iter().any(|text| text.starts_with(name));
        assert!(warned, "{name}: {:?}", plan.warnings);
    }
    let slot = plan.slots.iter().find(|slot| slot.op.name == "tpg_warp");
    assert!(slot.unwrap().method().is_none());
}

#[test]
fn optional_op_with_an_unknown_type_has_an_empty_slot() {
    let old = "u32 (*sess_get_index)(struct se_session *)";
    let model = changed(old, "u32 (*sess_get_index)(session_t *)").unwrap();
    let plan = plan::plan(&model).unwrap();
    let slot = plan
        .slots
        .iter()
        .find(|slot| slot.op.name == "sess_get_index");
    assert!(slot.unwrap().method().is_none());
    let expected = "the op `u32 (*sess_get_index)(session_t *)` has an unexpected argument";
    assert!(
        plan.warnings[1].starts_with(expected),
        "{:?}",
        plan.warnings
    );
}

#[test]
fn op_that_rust_cannot_express_has_an_empty_slot() {
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
        assert_eq!(model.ops.len(), OPS + 1, "{declaration}");
        assert_eq!(model.op("tpg_warp").unwrap().c_declaration(), declaration);
        assert!(warnings(&model).contains(declaration), "{declaration}");
        let plan = plan::plan(&model).unwrap();
        let slot = plan.slots.iter().find(|slot| slot.op.name == "tpg_warp");
        assert!(slot.unwrap().method().is_none(), "{declaration}");
    }
}

/// Warnings of the plan for the fixture's header with one text replaced.
fn warned(from: &str, to: &str) -> Vec<String> {
    let model = changed(from, to).unwrap();
    plan::plan(&model).unwrap().warnings
}

#[test]
fn unknown_includes_are_warnings_with_their_lines() {
    let new = "#include <linux/warp.h>\n#include \"target/drive.h\"\n#include <linux/types.h>";
    let warnings = warned("#include <linux/types.h>", new);
    let expected = [(10, "linux/warp.h"), (11, "target/drive.h")].map(|(line, name)| {
        format!("line {line}: #include <{name}> is unknown, and taken for empty")
    });
    assert_eq!(warnings, expected);
}

#[test]
fn include_in_skipped_text_is_ignored() {
    let new = "/*\n#include <linux/a.h>\n*/\n#if 0\n#include <linux/b.h>\n#endif\n\
               #if IS_ENABLED(CONFIG_C)\n#include <linux/c.h>\n#endif\n#include <linux/types.h>";
    assert!(warned("#include <linux/types.h>", new).is_empty());
    let seen = new.replace("#if IS", "#if !IS");
    let warnings = warned("#include <linux/types.h>", &seen);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let expected = "line 17: #include <linux/c.h>";
    assert!(warnings[0].starts_with(expected), "{warnings:?}");
}

fn faults(result: Result<FabricOps, Error>) -> Vec<Fault> {
    match result.unwrap_err() {
        Error::Faults { faults, .. } => faults,
        other => panic!("{other}"),
    }
}

#[test]
fn other_error_of_clang_is_a_fault_with_its_line() {
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
