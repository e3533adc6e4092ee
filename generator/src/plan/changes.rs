// SPDX-License-Identifier: GPL-2.0-only

//! The differences between the declarations of two headers.

use std::collections::{BTreeMap, BTreeSet};

use tcm_bindings::FabricOps;

use crate::module::manifest::{Declaration, Declarations};

/// Returns the declarations of a header.
#[must_use]
pub fn declarations(model: &FabricOps) -> Declarations {
    let ops = model.ops.iter().map(|op| {
        let declaration = Declaration {
            c: op.c_declaration(),
            required: op.required,
        };
        (op.name.clone(), declaration)
    });
    let plain = |name: &String, c: String| (name.clone(), Declaration { c, required: false });
    let groups = model
        .attribute_groups
        .iter()
        .map(|name| plain(name, format!("struct configfs_attribute **{name}")));
    let fields = model
        .fields
        .iter()
        .map(|field| plain(&field.name, field.c_declaration()));
    Declarations {
        ops: ops.collect(),
        fields: groups.chain(fields).collect(),
    }
}

/// Differences between two headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Ops, by name.
    pub ops: Vec<Change>,
    /// Attribute groups and fields, by name.
    pub fields: Vec<Change>,
}

/// A name whose declarations in two headers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The name.
    pub name: String,
    /// The declaration in the first header.
    pub old: Option<Declaration>,
    /// The declaration in the second.
    pub new: Option<Declaration>,
}

impl Changes {
    /// Compares two headers.
    #[must_use]
    pub fn between(old: &Declarations, new: &Declarations) -> Self {
        Self {
            ops: differences(&old.ops, &new.ops),
            fields: differences(&old.fields, &new.fields),
        }
    }

    /// All differences, ops first.
    pub fn iter(&self) -> impl Iterator<Item = &Change> {
        self.ops.iter().chain(&self.fields)
    }
}

fn differences(
    old: &BTreeMap<String, Declaration>,
    new: &BTreeMap<String, Declaration>,
) -> Vec<Change> {
    let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let changes = names.into_iter().map(|name| Change {
        name: name.clone(),
        old: old.get(name).cloned(),
        new: new.get(name).cloned(),
    });
    changes.filter(|change| change.old != change.new).collect()
}
