// SPDX-License-Identifier: GPL-2.0-only

//! Members under preprocessor conditions: a warning names those that are left out.

use super::{changed, warnings, with};

#[test]
fn condition_that_leaves_members_out_is_a_warning() {
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
fn name_in_both_branches_is_a_warning_for_the_skipped_one() {
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
fn condition_that_leaves_the_struct_out_is_named() {
    let guard = "#ifndef FIXTURE_TARGET_CORE_FABRIC_H";
    let error = changed(guard, "#ifdef CONFIG_TARGET_CORE").unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("`#ifdef CONFIG_TARGET_CORE` (line 6)"),
        "{text}"
    );
}
