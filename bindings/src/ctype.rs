// SPDX-License-Identifier: GPL-2.0-only

//! C types as the header spells them.
//!
//! Types that a generated module can use are modelled: named types, pointers to them, `void`. Every
//! other type is kept as C's own text.

use std::fmt;

/// A C type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CType {
    /// No value.
    Void,
    /// A type with a name, spelled as C spells it: `u32`, `int`, `struct se_cmd`.
    Named(String),
    /// A pointer.
    Pointer {
        /// What it points to.
        to: Box<CType>,
        /// Whether what it points to is `const`.
        is_const: bool,
    },
    /// Any other type, in C's words: an array, a function pointer, a pointer to either.
    Other {
        /// What C writes before the name of a variable of it: `const u8 (*`.
        before: String,
        /// What C writes behind it: `)[16]`.
        after: String,
    },
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
        let (before, after) = self.parts();
        format!("{before}{name}{after}")
    }

    /// What C writes before and behind the name of a variable of this type.
    pub(crate) fn parts(&self) -> (String, String) {
        if let Self::Other { before, after } = self {
            return (before.clone(), after.clone());
        }
        let text = self.to_string();
        let space = if text.ends_with('*') { "" } else { " " };
        (text + space, String::new())
    }
}

impl fmt::Display for CType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void => f.write_str("void"),
            Self::Named(name) => f.write_str(name),
            // C writes `char **`, not `char * *`, and `const` behind a pointer.
            Self::Pointer { to, is_const } if matches!(**to, Self::Pointer { .. }) => {
                write!(f, "{to}{}*", if *is_const { "const " } else { "" })
            }
            Self::Pointer { to, is_const } => {
                write!(f, "{}{to} *", if *is_const { "const " } else { "" })
            }
            Self::Other { before, after } if after.is_empty() => f.write_str(before.trim_end()),
            Self::Other { before, after } => write!(f, "{before}{after}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer(to: CType, is_const: bool) -> CType {
        CType::Pointer {
            to: Box::new(to),
            is_const,
        }
    }

    #[test]
    fn const_stands_where_c_has_it() {
        let char = || CType::Named("char".to_owned());
        let text = |inner, outer| pointer(pointer(char(), inner), outer).to_string();
        assert_eq!(text(false, false), "char **");
        assert_eq!(text(true, false), "const char **");
        assert_eq!(text(false, true), "char *const *");
        assert_eq!(text(true, true), "const char *const *");
    }

    #[test]
    fn a_declaration_has_the_name_where_c_has_it() {
        let array = CType::Other {
            before: "const u8 (*".to_owned(),
            after: ")[16]".to_owned(),
        };
        assert_eq!(array.declare("cdb"), "const u8 (*cdb)[16]");
        assert_eq!(array.to_string(), "const u8 (*)[16]");
        assert_eq!(
            pointer(CType::Named("struct a".to_owned()), false).declare("b"),
            "struct a *b"
        );
        assert_eq!(CType::Void.declare("(*f)(void)"), "void (*f)(void)");
    }
}
