// SPDX-License-Identifier: GPL-2.0-only

//! C types of numbers and truth values.

use tcm_bindings::CType;

/// The Rust type of a number or truth value; `None` for any other type.
pub(crate) fn number(ctype: &CType) -> Option<&'static str> {
    Some(match ctype.to_string().as_str() {
        "bool" => "bool",
        "int" => "i32",
        "u8" => "u8",
        "u16" => "u16",
        "u32" => "u32",
        "u64" => "u64",
        _ => return None,
    })
}
