// SPDX-License-Identifier: GPL-2.0-only

//! The header's ops against what this version knows of them.
//!
//! The result is a [`Plan`], from which the emitters write without a chance to fail. An op that is
//! unknown, or has a signature that its meaning does not fit, becomes an empty slot; if target core
//! demands it, that is a fault. All faults are told at once.

use tcm_bindings::{CType, FabricOps, Field, Op};
use thiserror::Error;

use crate::ops::{Meaning, Object, Return, Right, Shape, meaning};

/// A demanded op that cannot be written.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Fault {
    /// No row in the table of meanings.
    #[error(
        "target core demands the op `{declaration}`, which this version does not know; give it a \
         row in generator/src/ops.rs"
    )]
    UnknownOp {
        /// The op as C declares it.
        declaration: String,
    },
    /// A row that does not fit the signature.
    #[error(
        "target core demands the op `{declaration}`, whose {what} this version does not expect; \
         mend its row in generator/src/ops.rs"
    )]
    Signature {
        /// The op as C declares it.
        declaration: String,
        /// The argument or result that does not fit.
        what: String,
    },
    /// A demanded op that the struct does not have.
    #[error("target core demands the op `{name}`, which the header does not have")]
    Missing {
        /// The op's name.
        name: String,
    },
}

/// What to write, checked: slots in header order.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The function pointers.
    pub slots: Vec<Slot<'a>>,
    /// The attribute groups that the safe layer has a directory for.
    pub groups: Vec<&'a str>,
    /// The attribute groups that it has none for; they stay null.
    pub unknown_groups: Vec<&'a str>,
    /// Plain fields and bit-fields.
    pub fields: Vec<PlanField<'a>>,
    /// What the author should know.
    pub warnings: Vec<String>,
}

/// A function pointer of the struct.
#[derive(Debug)]
pub struct Slot<'a> {
    /// The op.
    pub op: &'a Op,
    /// The method for it; an op without one stays `NULL`.
    pub method: Option<Method<'a>>,
}

/// An op that has a safe method.
#[derive(Debug)]
pub struct Method<'a> {
    /// What is known of it.
    pub meaning: &'static Meaning,
    /// How each argument is passed on.
    pub args: Vec<Passed<'a>>,
}

/// How an argument of an op reaches the method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed<'a> {
    /// Not at all: of no use to the driver.
    Not,
    /// As a shared reference to this wrapper, generic over the fabric or not.
    Wrapper {
        /// The argument's name.
        name: &'a str,
        /// The wrapper in `target.rs`.
        wrapper: &'static str,
        /// Whether the wrapper holds the driver's data.
        generic: bool,
    },
    /// As a right to a command.
    Right {
        /// The argument's name.
        name: &'a str,
        /// The right.
        right: Right,
    },
    /// Not at all, but the layer looks at it: the directory that another is made in.
    Parent(&'a str),
    /// As the name of a directory.
    Name(&'a str),
    /// As the number or truth value that it is.
    Value {
        /// The argument's name.
        name: &'a str,
        /// The type in Rust.
        rust: &'static str,
    },
    /// As the start of a buffer, whose length follows.
    Buffer(&'a str),
    /// As the length of the buffer before it.
    Length(&'a str),
}

impl<'a> Passed<'a> {
    /// The argument's name, if anybody looks at it.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        match self {
            Self::Not => None,
            Self::Wrapper { name, .. }
            | Self::Right { name, .. }
            | Self::Parent(name)
            | Self::Name(name)
            | Self::Value { name, .. }
            | Self::Buffer(name)
            | Self::Length(name) => Some(name),
        }
    }
}

/// A field that is neither op nor attribute group.
#[derive(Debug)]
pub enum PlanField<'a> {
    /// Set when the fabric is registered, or by the safe layer: not for the driver.
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

/// The fields that the safe layer sets.
const OWN_FIELDS: [&str; 4] = ["module", "fabric_alias", "fabric_name", "node_acl_size"];

/// The attribute groups that the safe layer has a directory for.
const DIRECTORIES: [&str; 11] = [
    "tfc_discovery_attrs",
    "tfc_wwn_attrs",
    "tfc_tpg_base_attrs",
    "tfc_tpg_np_base_attrs",
    "tfc_tpg_attrib_attrs",
    "tfc_tpg_auth_attrs",
    "tfc_tpg_param_attrs",
    "tfc_tpg_nacl_base_attrs",
    "tfc_tpg_nacl_attrib_attrs",
    "tfc_tpg_nacl_auth_attrs",
    "tfc_tpg_nacl_param_attrs",
];

/// Checks the model.
///
/// # Errors
///
/// Every demanded op that cannot be written.
pub fn plan(model: &FabricOps) -> Result<Plan<'_>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut warnings = model.warnings.clone();
    let mut slots = Vec::new();
    for op in &model.ops {
        let method = match method(op) {
            Ok(method) => Some(method),
            Err(fault) if op.required => {
                faults.push(fault);
                None
            }
            Err(_) => {
                warnings.push(format!(
                    "the op `{}` is new to this version; its slot stays NULL",
                    op.c_declaration()
                ));
                None
            }
        };
        // Rust cannot name the slot of an op in an anonymous struct or union; it stays zero.
        if !op.nested {
            slots.push(Slot { op, method });
        }
    }
    for name in &model.missing {
        faults.push(Fault::Missing { name: name.clone() });
    }
    let (groups, unknown_groups): (Vec<_>, Vec<_>) = model
        .attribute_groups
        .iter()
        .map(String::as_str)
        .partition(|group| DIRECTORIES.contains(group));
    for group in &unknown_groups {
        warnings.push(format!(
            "the attribute group `{group}` is new to this version; it stays NULL"
        ));
    }
    let fields = model
        .fields
        .iter()
        .map(|field| plan_field(field, &mut warnings))
        .collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Plan {
        slots,
        groups,
        unknown_groups,
        fields,
        warnings,
    })
}

fn plan_field<'a>(field: &'a Field, warnings: &mut Vec<String>) -> PlanField<'a> {
    if OWN_FIELDS.contains(&field.name.as_str()) {
        return PlanField::Own(field);
    }
    if field.bits == Some(1) && !field.nested {
        return PlanField::Bit(field);
    }
    match (field.bits, number(&field.ctype)) {
        (None, Some(rust)) if !field.nested => PlanField::Number { field, rust },
        _ => {
            warnings.push(format!(
                "the field `{}` is new to this version; it stays zero",
                field.c_declaration()
            ));
            PlanField::Own(field)
        }
    }
}

fn method(op: &Op) -> Result<Method<'_>, Fault> {
    let meaning = meaning(&op.name).ok_or_else(|| Fault::UnknownOp {
        declaration: op.c_declaration(),
    })?;
    let misfit = |what: String| Fault::Signature {
        declaration: op.c_declaration(),
        what,
    };
    if !returns(meaning.shape, &op.ret) {
        return Err(misfit(format!("result `{}`", op.ret)));
    }
    let args: Vec<_> = op
        .args
        .iter()
        .map(|arg| {
            passed(meaning.shape, &arg.name, &arg.ctype)
                .ok_or_else(|| misfit(format!("argument `{} {}`", arg.ctype, arg.name)))
        })
        .collect::<Result<_, _>>()?;
    if op.nested {
        return Err(misfit("place in an anonymous struct or union".to_owned()));
    }
    if op.variadic || !complete(meaning.shape, &args) {
        return Err(misfit("list of arguments".to_owned()));
    }
    Ok(Method { meaning, args })
}

/// Whether an op of this shape may return `ret`.
fn returns(shape: Shape, ret: &CType) -> bool {
    match shape {
        Shape::Call(Return::Nothing)
        | Shape::Drop(_)
        | Shape::Abort
        | Shape::Grant(Right::Memory | Right::TmrResponse) => *ret == CType::Void,
        Shape::Call(Return::Truth | Return::Errno)
        | Shape::Init
        | Shape::Grant(Right::Reference | Right::Pending | Right::Response) => {
            ret.to_string() == "int"
        }
        Shape::Call(Return::Number) | Shape::InitiatorSid => number(ret).is_some(),
        Shape::Call(Return::Text) => ret.to_string() == "char *",
        Shape::Make(object) => ret.pointed_struct() == Some(object.c_struct()),
    }
}

/// Whether all that the method needs is among the arguments.
fn complete(shape: Shape, args: &[Passed<'_>]) -> bool {
    let has = |wanted: &str| {
        args.iter()
            .any(|arg| matches!(arg, Passed::Wrapper { wrapper, .. } if *wrapper == wanted))
    };
    let has_name = args.iter().any(|arg| matches!(arg, Passed::Name(_)));
    match shape {
        Shape::Call(Return::Text) => has("Tpg"),
        Shape::Call(_) => true,
        Shape::Make(Object::Wwn) => {
            has_name && args.iter().any(|arg| matches!(arg, Passed::Parent(_)))
        }
        Shape::Make(Object::Tpg) => has_name && has("Wwn"),
        Shape::Make(Object::Np) => has_name && has("Tpg"),
        Shape::Init => has_name && has("NodeAcl"),
        Shape::Drop(object) => args.len() == 1 && has(object.wrapper()),
        Shape::Grant(_) => matches!(args, [Passed::Right { .. }]),
        Shape::Abort => args.len() == 1 && has("Task"),
        Shape::InitiatorSid => {
            matches!(
                args,
                [Passed::Wrapper { .. }, Passed::Buffer(_), Passed::Length(_)]
            )
        }
    }
}

/// How an argument of this type is passed on by an op of this shape.
fn passed<'a>(shape: Shape, name: &'a str, ctype: &CType) -> Option<Passed<'a>> {
    if let Some(c_struct) = ctype.pointed_struct() {
        if let (Shape::Grant(right), "se_cmd") = (shape, c_struct) {
            return Some(Passed::Right { name, right });
        }
        if let (Shape::Make(Object::Wwn), "config_group") = (shape, c_struct) {
            return Some(Passed::Parent(name));
        }
        let (wrapper, generic) = match c_struct {
            "target_fabric_configfs" | "config_group" => return Some(Passed::Not),
            "se_wwn" => ("Wwn", true),
            "se_portal_group" => ("Tpg", true),
            "se_tpg_np" => ("Np", true),
            "se_node_acl" => ("NodeAcl", true),
            "se_session" => ("Session", true),
            "se_cmd" => ("Task", true),
            "se_lun" => ("Lun", false),
            _ => return None,
        };
        return Some(Passed::Wrapper {
            name,
            wrapper,
            generic,
        });
    }
    match (ctype.to_string().as_str(), shape) {
        ("const char *", _) => Some(Passed::Name(name)),
        ("unsigned char *", Shape::InitiatorSid) => Some(Passed::Buffer(name)),
        ("u32", Shape::InitiatorSid) => Some(Passed::Length(name)),
        _ => number(ctype).map(|rust| Passed::Value { name, rust }),
    }
}

/// The Rust type of a number or truth value.
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
