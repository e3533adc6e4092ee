// SPDX-License-Identifier: GPL-2.0-only

//! The header's ops against what this version knows of them.
//!
//! The result is a [`Plan`], from which the emitters write without a chance to fail. An op that is
//! unknown, or has a signature that its meaning does not fit, becomes an empty slot; if target core
//! requires it, that is a fault. All faults are reported at once.

mod changes;
mod field;
mod meaning;
mod wrapper;

use tcm_bindings::{CType, FabricOps, Op};
use thiserror::Error;

pub use changes::{Change, Changes, declarations};
pub use field::{KNOWN_FIELDS, KnownField, PlanField, Settable};
pub use meaning::{
    Calls, Context, Meaning, Object, Return, Right, Shape, context, ops, soundness_table,
};
pub use wrapper::Wrapper;

use meaning::meaning;

/// A required op that cannot be written.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Fault {
    /// No row in the table of meanings.
    #[error(
        "target core requires the op `{declaration}`, which this version does not know; a newer \
         version may: if there is none, report this line"
    )]
    UnknownOp {
        /// The op as C declares it.
        declaration: String,
    },
    /// A row that does not fit the signature.
    #[error(
        "target core requires the op `{declaration}`, whose {what} this version does not expect; a \
         newer version may: if there is none, report this line"
    )]
    Signature {
        /// The op as C declares it.
        declaration: String,
        /// The argument or result that does not fit.
        what: String,
    },
    /// A required op that the struct does not have.
    #[error(
        "target core requires the op `{name}`, which the header does not have; are the header and \
         drivers/target of one kernel?"
    )]
    Missing {
        /// The op's name.
        name: String,
    },
}

impl Fault {
    /// The same as a warning, where target core does not require the op.
    fn warning(&self) -> String {
        match self {
            Self::UnknownOp { declaration } => {
                format!("the op `{declaration}` is new to this version; its slot stays NULL")
            }
            Self::Signature { declaration, what } => format!(
                "the op `{declaration}` has another {what} than this version knows; its slot stays \
                 NULL"
            ),
            Self::Missing { .. } => self.to_string(),
        }
    }
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

impl Plan<'_> {
    /// The fields that a driver may set: those of the header, then those that other kernels have.
    pub fn settable(&self) -> impl Iterator<Item = Settable<'_>> {
        let of_header = self.fields.iter().filter_map(PlanField::settable);
        let is_other = |known: &&KnownField| {
            let mut names = self.fields.iter().filter_map(PlanField::settable);
            !names.any(|field| field.name == known.name)
        };
        let others = KNOWN_FIELDS.iter().filter(is_other);
        of_header.chain(others.map(KnownField::settable))
    }
}

/// A function pointer of the struct.
#[derive(Clone, Debug)]
pub struct Slot<'a> {
    /// The op.
    pub op: &'a Op,
    /// What it holds.
    pub content: Content<'a>,
}

impl<'a> Slot<'a> {
    /// The driver's method for the op, if there is one.
    #[must_use]
    pub fn method(&self) -> Option<&Method<'a>> {
        match &self.content {
            Content::Method(method) => Some(method),
            Content::Null | Content::Stop => None,
        }
    }
}

/// What a slot holds.
#[derive(Clone, Debug)]
pub enum Content<'a> {
    /// Nothing: it stays `NULL`.
    Null,
    /// A callback that calls the driver's method.
    Method(Method<'a>),
    /// `check_stop_free`: a callback in which the layer drops target core's reference.
    Stop,
}

/// An op that has a safe method.
#[derive(Clone, Debug)]
pub struct Method<'a> {
    /// What is known of it.
    pub meaning: &'static Meaning,
    /// How it is called.
    pub shape: Shape,
    /// How each argument is passed on.
    pub args: Vec<Passed<'a>>,
}

/// How an argument of an op reaches the method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed<'a> {
    /// Not at all: of no use to the driver.
    Not,
    /// As a shared reference to this wrapper.
    Wrapper {
        /// The argument's name.
        name: &'a str,
        /// The wrapper.
        wrapper: Wrapper,
    },
    /// As a right to a command.
    Right {
        /// The argument's name.
        name: &'a str,
        /// The right.
        right: Right,
    },
    /// As the name of a directory.
    Name(&'a str),
    /// As a task that was aborted.
    Aborted(&'a str),
    /// As the data of the fabric whose directory it is.
    Data,
    /// As what a session has, which outlives the session.
    Login(&'a str),
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
            Self::Data => Some("data"),
            Self::Wrapper { name, .. }
            | Self::Right { name, .. }
            | Self::Aborted(name)
            | Self::Login(name)
            | Self::Name(name)
            | Self::Value { name, .. }
            | Self::Buffer(name)
            | Self::Length(name) => Some(name),
        }
    }
}

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
/// Every required op that cannot be written.
pub fn plan(model: &FabricOps) -> Result<Plan<'_>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut warnings = model.warnings.clone();
    let mut slots = Vec::new();
    for op in &model.ops {
        let content = match content(op) {
            Ok(content) => content,
            Err(fault) if op.required => {
                faults.push(fault);
                Content::Null
            }
            Err(fault) => {
                warnings.push(fault.warning());
                Content::Null
            }
        };
        // Rust cannot name the slot of an op in an anonymous struct or union; it stays zero.
        if !op.nested {
            slots.push(Slot { op, content });
        }
    }
    for name in &model.missing {
        faults.push(Fault::Missing { name: name.clone() });
    }
    let groups = model.attribute_groups.iter().map(String::as_str);
    let (groups, unknown_groups): (Vec<_>, Vec<_>) =
        groups.partition(|group| DIRECTORIES.contains(group));
    for group in &unknown_groups {
        warnings.push(format!(
            "the attribute group `{group}` is new to this version; it stays NULL"
        ));
    }
    let fields = model
        .fields
        .iter()
        .map(|field| PlanField::new(field, &mut warnings))
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

/// What the layer answers by itself.
const STOP: &str = "int (*check_stop_free)(struct se_cmd *)";

fn content(op: &Op) -> Result<Content<'_>, Fault> {
    let meaning = meaning(&op.name).ok_or_else(|| Fault::UnknownOp {
        declaration: op.c_declaration(),
    })?;
    match meaning.shape {
        Some(shape) => method(op, meaning, shape).map(Content::Method),
        None if op.c_declaration() == STOP && !op.nested => Ok(Content::Stop),
        None => Err(misfit(op, "signature or place".to_owned())),
    }
}

fn misfit(op: &Op, what: String) -> Fault {
    Fault::Signature {
        declaration: op.c_declaration(),
        what,
    }
}

fn method<'a>(op: &'a Op, meaning: &'static Meaning, shape: Shape) -> Result<Method<'a>, Fault> {
    if !returns(shape, &op.ret) {
        return Err(misfit(op, format!("result `{}`", op.ret)));
    }
    let args: Vec<_> = op
        .args
        .iter()
        .map(|arg| {
            passed(shape, &arg.name, &arg.ctype)
                .ok_or_else(|| misfit(op, format!("argument `{} {}`", arg.ctype, arg.name)))
        })
        .collect::<Result<_, _>>()?;
    if op.nested {
        let what = "place in an anonymous struct or union";
        return Err(misfit(op, what.to_owned()));
    }
    if op.variadic || !complete(shape, &args) {
        return Err(misfit(op, "list of arguments".to_owned()));
    }
    Ok(Method {
        meaning,
        shape,
        args,
    })
}

/// Whether an op of this shape may return `ret`.
fn returns(shape: Shape, ret: &CType) -> bool {
    match shape {
        Shape::Call(Return::Nothing)
        | Shape::Drop(_)
        | Shape::Abort
        | Shape::Close
        | Shape::Grant(Right::Memory | Right::TmrResponse) => *ret == CType::Void,
        Shape::Call(Return::Truth | Return::Errno)
        | Shape::Init
        | Shape::Enable
        | Shape::Grant(Right::Pending | Right::Response) => ret.to_string() == "int",
        Shape::Call(Return::Number) | Shape::InitiatorSid => number(ret).is_some(),
        Shape::Call(Return::Text) => ret.to_string() == "char *",
        Shape::Make(object) => ret.pointed_struct() == Some(object.wrapper().c_struct()),
    }
}

/// Whether all that the method needs is among the arguments.
fn complete(shape: Shape, args: &[Passed<'_>]) -> bool {
    let has = |wanted: Wrapper| {
        args.iter()
            .any(|arg| matches!(arg, Passed::Wrapper { wrapper, .. } if *wrapper == wanted))
    };
    let has_name = args.iter().any(|arg| matches!(arg, Passed::Name(_)));
    match shape {
        Shape::Call(Return::Text) => has(Wrapper::Tpg),
        Shape::Call(_) => true,
        Shape::Make(Object::Wwn) => has_name && args.contains(&Passed::Data),
        Shape::Make(Object::Tpg) => has_name && has(Wrapper::Wwn),
        Shape::Make(Object::Np) => has_name && has(Wrapper::Tpg),
        Shape::Init => has_name && has(Wrapper::NodeAcl),
        Shape::Drop(object) => args.len() == 1 && has(object.wrapper()),
        Shape::Grant(_) => matches!(args, [Passed::Right { .. }]),
        Shape::Abort => matches!(args, [Passed::Aborted(_)]),
        Shape::Close => matches!(args, [Passed::Login(_)]),
        Shape::Enable => {
            matches!(args, [_, Passed::Value { rust: "bool", .. }]) && has(Wrapper::Tpg)
        }
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
        return match c_struct {
            "config_group" if shape == Shape::Make(Object::Wwn) => Some(Passed::Data),
            "target_fabric_configfs" | "config_group" => Some(Passed::Not),
            "se_session" if shape == Shape::Close => Some(Passed::Login(name)),
            "se_cmd" if shape == Shape::Abort => Some(Passed::Aborted(name)),
            _ => Wrapper::of(c_struct).map(|wrapper| Passed::Wrapper { name, wrapper }),
        };
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
