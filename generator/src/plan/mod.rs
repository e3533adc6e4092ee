// SPDX-License-Identifier: GPL-2.0-only

//! Checks the header's ops against their specifications.
//!
//! The result is a [`Plan`], from which the emitters write without errors. An op that is
//! unknown, or whose signature does not fit its specification, becomes an empty slot; if target core
//! requires it, that is a fault. All faults are reported together.

mod arg_mapping;
mod changes;
mod field;
mod number;
mod op_spec;
mod op_table;
mod wrapper;

use tcm_bindings::{FabricOps, Op};
use thiserror::Error;

pub use arg_mapping::ArgMapping;
pub use changes::{Change, Changes, declarations};
pub use field::{KNOWN_FIELDS, KnownField, PlanField, Settable};
pub(crate) use number::number;
pub use op_spec::{CallContract, CmdHandle, Context, MethodKind, Object, OpSpec, Return};
pub use op_table::{INIT, context, op_names, soundness_sections};
pub use wrapper::Wrapper;

use arg_mapping::{is_complete, mapping, returns};
use op_table::op_spec;

/// The version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A required op that cannot be generated.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Fault {
    /// No specification of the op.
    #[error(
        "target core requires the op `{declaration}`, which tcm-mod-builder {VERSION} does not know; \
         install a newer one, or report this line"
    )]
    UnknownOp {
        /// The op as C declares it.
        declaration: String,
    },
    /// A signature that does not fit the specification.
    #[error(
        "target core requires the op `{declaration}`, whose {what} tcm-mod-builder {VERSION} does not \
         expect; install a newer one, or report this line"
    )]
    Signature {
        /// The op as C declares it.
        declaration: String,
        /// The argument or result that does not fit.
        what: String,
    },
    /// A required op that the struct does not have.
    #[error(
        "target core requires the op `{name}`, which the header does not have; use the header and \
         drivers/target of the same kernel"
    )]
    Missing {
        /// The op's name.
        name: String,
    },
}

impl Fault {
    /// The fault as a warning, for an op that target core does not require.
    fn warning(&self) -> String {
        match self {
            Self::UnknownOp { declaration } => {
                format!("the op `{declaration}` is unknown; its slot stays NULL")
            }
            Self::Signature { declaration, what } => {
                format!("the op `{declaration}` has an unexpected {what}; its slot stays NULL")
            }
            Self::Missing { .. } => self.to_string(),
        }
    }
}

/// A checked plan of the generated ops, in header order.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The function pointers.
    pub slots: Vec<Slot<'a>>,
    /// The attribute groups that the safe layer has a directory for.
    pub groups: Vec<&'a str>,
    /// The attribute groups without a directory; they stay null.
    pub unknown_groups: Vec<&'a str>,
    /// Plain fields and bit-fields.
    pub fields: Vec<PlanField<'a>>,
    /// Parts of the header that are left out.
    pub warnings: Vec<String>,
}

impl Plan<'_> {
    /// The fields that a driver may set: those of the header, then those of other kernels.
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
    /// Its content.
    pub content: SlotContent<'a>,
}

impl<'a> Slot<'a> {
    /// The driver's method for the op, if there is one.
    #[must_use]
    pub fn method(&self) -> Option<&Method<'a>> {
        match &self.content {
            SlotContent::Method(method) => Some(method),
            SlotContent::Null | SlotContent::CheckStopFree => None,
        }
    }
}

/// The content of a slot.
#[derive(Clone, Debug)]
pub enum SlotContent<'a> {
    /// `NULL`.
    Null,
    /// A callback that calls the driver's method.
    Method(Method<'a>),
    /// The callback of `check_stop_free`, in which the layer drops target core's reference.
    CheckStopFree,
}

/// An op that has a safe method.
#[derive(Clone, Debug)]
pub struct Method<'a> {
    /// The specification of the op.
    pub spec: &'static OpSpec,
    /// The kind of method.
    pub kind: MethodKind,
    /// The form in which the method gets each argument.
    pub args: Vec<ArgMapping<'a>>,
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
/// Every required op that cannot be generated.
pub fn plan(model: &FabricOps) -> Result<Plan<'_>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut warnings = model.warnings.clone();
    let mut slots = Vec::new();
    for op in &model.ops {
        let content = match content(op) {
            Ok(content) => content,
            Err(fault) if op.required => {
                faults.push(fault);
                SlotContent::Null
            }
            Err(fault) => {
                warnings.push(fault.warning());
                SlotContent::Null
            }
        };
        // bindgen has no field for a member of an anonymous struct or union; its slot stays zero.
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
            "the attribute group `{group}` is unknown; it stays NULL"
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

/// The signature of the op that the layer implements.
const CHECK_STOP_FREE: &str = "int (*check_stop_free)(struct se_cmd *)";

fn content(op: &Op) -> Result<SlotContent<'_>, Fault> {
    let spec = op_spec(&op.name).ok_or_else(|| Fault::UnknownOp {
        declaration: op.c_declaration(),
    })?;
    match spec.kind {
        Some(kind) => method(op, spec, kind).map(SlotContent::Method),
        None if op.c_declaration() == CHECK_STOP_FREE && !op.nested => {
            Ok(SlotContent::CheckStopFree)
        }
        None => Err(mismatch(op, "signature or place".to_owned())),
    }
}

fn mismatch(op: &Op, what: String) -> Fault {
    Fault::Signature {
        declaration: op.c_declaration(),
        what,
    }
}

fn method<'a>(op: &'a Op, spec: &'static OpSpec, kind: MethodKind) -> Result<Method<'a>, Fault> {
    if !returns(kind, &op.ret) {
        return Err(mismatch(op, format!("result `{}`", op.ret)));
    }
    let args: Vec<_> = op
        .args
        .iter()
        .map(|arg| {
            mapping(kind, &arg.name, &arg.ctype)
                .ok_or_else(|| mismatch(op, format!("argument `{} {}`", arg.ctype, arg.name)))
        })
        .collect::<Result<_, _>>()?;
    if op.nested {
        let what = "place in an anonymous struct or union";
        return Err(mismatch(op, what.to_owned()));
    }
    if op.variadic || !is_complete(kind, &args) {
        return Err(mismatch(op, "argument list".to_owned()));
    }
    Ok(Method { spec, kind, args })
}
