// SPDX-License-Identifier: GPL-2.0-only

//! C types as the header spells them, recovered from what bindgen makes of them.
//!
//! Only what a fabric op takes or returns is modelled: named types, pointers to them, nothing.

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
}

impl CType {
    /// A pointer to a mutable `struct name`.
    #[must_use]
    pub fn struct_pointer(name: &str) -> Self {
        Self::Pointer {
            to: Box::new(Self::Named(format!("struct {name}"))),
            is_const: false,
        }
    }

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
}

impl fmt::Display for CType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void => f.write_str("void"),
            Self::Named(name) => f.write_str(name),
            Self::Pointer { to, is_const } => {
                if *is_const {
                    f.write_str("const ")?;
                }
                write!(f, "{to}")?;
                // C writes `char **`, not `char * *`.
                f.write_str(if matches!(**to, Self::Pointer { .. }) {
                    "*"
                } else {
                    " *"
                })
            }
        }
    }
}
