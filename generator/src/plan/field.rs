// SPDX-License-Identifier: GPL-2.0-only

//! The plain fields of the ops: those that the layer sets, those that a driver may set, and their values.

use tcm_bindings::Field;

use super::number::number;

/// A field that a driver may set.
#[derive(Clone, Copy, Debug)]
pub struct Settable<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type in Rust.
    pub rust: &'static str,
    /// True for a bit-field, for which bindgen has a setter.
    pub is_bit: bool,
}

/// A field that is neither op nor attribute group.
#[derive(Clone, Debug)]
pub enum PlanField<'a> {
    /// A field that the layer sets or leaves zero.
    Own(&'a Field),
    /// A number that the driver may set.
    Number {
        /// The field.
        field: &'a Field,
        /// Its type in Rust.
        rust: &'static str,
    },
    /// A bit that the driver may set.
    Bit(&'a Field),
}

/// The fields that the layer sets.
const OWN_FIELDS: [&str; 4] = ["module", "fabric_alias", "fabric_name", "node_acl_size"];

impl<'a> PlanField<'a> {
    /// Classifies a field. A field of an unsupported type stays zero, with a warning.
    pub(super) fn new(field: &'a Field, warnings: &mut Vec<String>) -> Self {
        if OWN_FIELDS.contains(&field.name.as_str()) {
            return Self::Own(field);
        }
        if field.bits == Some(1) && !field.nested {
            return Self::Bit(field);
        }
        match (field.bits, number(&field.ctype)) {
            (None, Some(rust)) if !field.nested => Self::Number { field, rust },
            _ => {
                warnings.push(format!(
                    "the field `{}` is neither a number nor a bit; it stays zero",
                    field.c_declaration()
                ));
                Self::Own(field)
            }
        }
    }

    /// The field of the header.
    #[must_use]
    pub fn field(&self) -> &'a Field {
        match self {
            Self::Own(field) | Self::Number { field, .. } | Self::Bit(field) => field,
        }
    }

    /// The field as one that the driver may set; `None` for a field of the layer.
    #[must_use]
    pub fn settable(&self) -> Option<Settable<'a>> {
        let (field, rust, is_bit) = match self {
            Self::Own(_) => return None,
            Self::Number { field, rust } => (field, *rust, false),
            Self::Bit(field) => (field, "bool", true),
        };
        Some(Settable {
            name: &field.name,
            rust,
            is_bit,
        })
    }
}

/// A field that a driver may set on every kernel. The value is unused if the kernel lacks the field, so
/// a driver need not change with the kernel.
#[derive(Debug)]
pub struct KnownField {
    /// The field's name.
    pub name: &'static str,
    /// Its type in Rust.
    pub rust: &'static str,
    /// The C enum of its values, with their names and numbers.
    pub values: Option<(&'static str, [(&'static str, u8); 2])>,
}

/// The known fields, in the order of the Linux 7.3 header.
pub const KNOWN_FIELDS: [KnownField; 6] = [
    plain("max_data_sg_nents", "u32"),
    plain("write_pending_must_be_called", "bool"),
    plain("direct_compl_supp", "bool"),
    plain("direct_submit_supp", "bool"),
    KnownField {
        name: "default_submit_type",
        rust: "u8",
        values: Some((
            "target_submit_type",
            [("TARGET_DIRECT_SUBMIT", 1), ("TARGET_QUEUE_SUBMIT", 2)],
        )),
    },
    KnownField {
        name: "default_compl_type",
        rust: "u8",
        values: Some((
            "target_compl_type",
            [("TARGET_DIRECT_COMPL", 1), ("TARGET_QUEUE_COMPL", 2)],
        )),
    },
];

const fn plain(name: &'static str, rust: &'static str) -> KnownField {
    KnownField {
        name,
        rust,
        values: None,
    }
}

impl KnownField {
    /// The field as one that the driver may set. A truth value is a bit-field.
    #[must_use]
    pub fn settable(&self) -> Settable<'_> {
        Settable {
            name: self.name,
            rust: self.rust,
            is_bit: self.rust == "bool",
        }
    }
}
