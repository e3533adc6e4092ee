// SPDX-License-Identifier: GPL-2.0-only

//! C types in clang's spelling.
//!
//! Types that a generated module can use are modelled: numbers, pointers to them and to structs, `void`.
//! Any other type is a spelling.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Types without a tag that a generated module can use.
const NAMED: [&str; 8] = [
    "bool",
    "char",
    "int",
    "u8",
    "u16",
    "u32",
    "u64",
    "unsigned char",
];

/// A C type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum CType {
    /// `void`.
    Void,
    /// A named type in C's spelling: `u32`, `int`, `struct se_cmd`.
    Named(String),
    /// A pointer.
    Pointer {
        /// The type that it points to.
        to: Box<CType>,
        /// True if that type is `const`.
        is_const: bool,
    },
    /// A type that a generated module cannot use: `const u8 (*)[16]`.
    Other(String),
}

impl CType {
    /// The name of the struct that this type points to, if it is a pointer to a struct.
    #[must_use]
    pub fn pointed_struct(&self) -> Option<&str> {
        match self {
            Self::Pointer { to, .. } => match to.as_ref() {
                Self::Named(name) => name.strip_prefix("struct "),
                _ => None,
            },
            _ => None,
        }
    }

    /// The declaration of a variable of this type: `const u8 (*cdb)[16]`.
    #[must_use]
    pub fn declare(&self, name: &str) -> String {
        let text = self.to_string();
        // The name follows the innermost `(*`, else it precedes the length of an array.
        let inner = text.find("(*").unwrap_or(0);
        let end = text[inner..].find([')', '[']);
        let (before, after) = text.split_at(end.map_or(text.len(), |end| inner + end));
        let before = before.trim_end();
        let space = if before.ends_with('*') { "" } else { " " };
        format!("{before}{space}{name}{after}")
    }
}

impl From<String> for CType {
    fn from(text: String) -> Self {
        if let Some(named) = named(&text) {
            return named;
        }
        let Some(to) = text.strip_suffix(" *") else {
            return Self::Other(text);
        };
        let (to, is_const) = match to.strip_prefix("const ") {
            Some(to) => (to, true),
            None => (to, false),
        };
        let is_word = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let is_struct = to.strip_prefix("struct ").is_some_and(is_word);
        let to = named(to).or_else(|| is_struct.then(|| Self::Named(to.to_owned())));
        match to {
            Some(to) => Self::Pointer {
                to: Box::new(to),
                is_const,
            },
            None => Self::Other(text),
        }
    }
}

fn named(text: &str) -> Option<CType> {
    match text {
        "void" => Some(CType::Void),
        _ => NAMED.contains(&text).then(|| CType::Named(text.to_owned())),
    }
}

impl From<CType> for String {
    fn from(ctype: CType) -> Self {
        ctype.to_string()
    }
}

impl fmt::Display for CType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void => f.write_str("void"),
            Self::Named(name) => f.write_str(name),
            Self::Pointer { to, is_const } => {
                write!(f, "{}{to} *", if *is_const { "const " } else { "" })
            }
            Self::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> CType {
        CType::from(text.to_owned())
    }

    #[test]
    fn usable_types_are_modelled_and_all_keep_their_spelling() {
        for (text, is_known) in [
            ("void", true),
            ("u32", true),
            ("unsigned char *", true),
            ("const void *", true),
            ("const struct se_cmd *", true),
            ("struct se_cmd", false),
            ("foo_t", false),
            ("foo_t *", false),
            ("char **", false),
            ("char *const *", false),
            ("volatile u32 *", false),
            ("struct (unnamed) *", false),
            ("const u8 (*)[16]", false),
        ] {
            assert_eq!(of(text).to_string(), text);
            assert_eq!(!matches!(of(text), CType::Other(_)), is_known, "{text}");
        }
        assert_eq!(of("const struct a *").pointed_struct(), Some("a"));
    }

    #[test]
    fn declaration_has_name_in_c_position() {
        for (text, declared) in [
            ("u32", "u32 x"),
            ("struct a *", "struct a *x"),
            ("u8[4][2]", "u8 x[4][2]"),
            ("u8 [4]", "u8 x[4]"),
            ("const u8 (*)[16]", "const u8 (*x)[16]"),
            ("int (*[2])(u8 *)", "int (*x[2])(u8 *)"),
            ("int (**)(void)", "int (**x)(void)"),
            ("int (*(*)(u32))(char)", "int (*(*x)(u32))(char)"),
            ("int (*const)(int)", "int (*const x)(int)"),
        ] {
            assert_eq!(of(text).declare("x"), declared);
        }
    }
}
