// SPDX-License-Identifier: GPL-2.0-only

//! `target/ops.rs`: the trait, the callbacks and the vtable, from the header.
//!
//! An op of the header becomes a method of the trait `Operations`, a callback that target core calls and
//! that calls the method, and a slot of the vtable. Every slot is listed: the build compares the list
//! with its kernel's header, and warns about new ops.

mod callbacks;
mod operations;
mod signature;
mod vtable;

use std::collections::BTreeSet;

use super::rust::{self, idents};
use crate::plan::Plan;

pub use signature::method_signature;

/// The path of the file.
pub(super) const PATH: &str = "target/ops.rs";

const HEAD: &str = "\
// SPDX-License-Identifier: GPL-2.0-only

//! `struct target_core_fabric_ops` for a driver in safe Rust.
//!
//! The driver implements [`Operations`]; target core calls it through [`OperationsVTable`].
//!
//! C header: [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)
";

/// Names that the file may import, by module, in rustfmt's order. Unused ones are left out.
const IMPORTS: [(&str, &[&str]); 15] = [
    ("core::marker", &["PhantomData"]),
    ("core", &["mem", "ptr"]),
    ("kernel::error", &["VTABLE_DEFAULT_ERROR"]),
    ("kernel::ffi", &["c_char", "c_int"]),
    ("kernel::prelude", &["*"]),
    ("kernel::str", &["BStr"]),
    ("crate", &["bindings"]),
    ("crate::target::compat", &["Zeroable"]),
    (
        "crate::target::object",
        &["bstr", "err_ptr", "not_implemented"],
    ),
    ("crate::target::response", &["response_errno"]),
    ("crate::target::session", &["filled"]),
    ("crate::target::task", &["put_complete"]),
    ("crate::target::tmr", &["Tmr"]),
    ("crate::target::tpg", &["bounded", "errno"]),
    (
        "crate::target",
        &[
            "registration",
            "Aborted",
            "Attributes",
            "Cmd",
            "CmdMemory",
            "DiscoveryAttrs",
            "Groups",
            "Lun",
            "NodeAcl",
            "NodeAclGroup",
            "Np",
            "Pending",
            "Protocol",
            "Released",
            "Response",
            "Retry",
            "Session",
            "SessionData",
            "Task",
            "TmrResponse",
            "Tpg",
            "TpgAttribAttrs",
            "TpgAuthAttrs",
            "TpgBaseAttrs",
            "TpgNaclAttribAttrs",
            "TpgNaclAuthAttrs",
            "TpgNaclBaseAttrs",
            "TpgNaclParamAttrs",
            "TpgNpBaseAttrs",
            "TpgParamAttrs",
            "Wwn",
            "WwnAttrs",
            "WwnGroup",
        ],
    ),
];

/// Returns the text of `target/ops.rs` for a plan.
#[must_use]
pub fn text(plan: &Plan<'_>) -> String {
    let operations = operations::operations(plan);
    let vtable = vtable::vtable(plan);
    let mut used = BTreeSet::new();
    idents(operations.clone(), &mut used);
    idents(vtable.clone(), &mut used);
    [
        HEAD,
        &imports(&used),
        &rust::text(&operations),
        &operations::field_values(),
        &rust::text(&vtable),
    ]
    .join("\n")
}

/// The imports, in the kernel's style: a line for each of several names from a module.
fn imports(used: &BTreeSet<String>) -> String {
    let (mut text, mut last) = (String::new(), "core");
    for (module, names) in IMPORTS {
        let root = module.split("::").next().unwrap_or_default();
        if root != last {
            text.push('\n');
            last = root;
        }
        let is_used = |name: &&&str| **name == "*" || used.contains(**name);
        let names: Vec<_> = names.iter().filter(is_used).copied().collect();
        match names.as_slice() {
            [] => {}
            [name] => text.push_str(&format!("use {module}::{name};\n")),
            names => {
                let names = names.join(",\n    ");
                text.push_str(&format!("use {module}::{{\n    {names}, //\n}};\n"));
            }
        }
    }
    text
}
