// SPDX-License-Identifier: GPL-2.0-only

//! Which ops target core demands.
//!
//! `target_register_template()` runs `target_fabric_tf_ops_check()` over the ops and refuses a
//! fabric that lacks one of them. That function is read where the kernel's source is at hand; a
//! table stands in for it where only the header is.

use std::collections::BTreeSet;

use crate::FabricOps;

/// The ops that `target_fabric_tf_ops_check()` demands, in its order, as of Linux 6.12 to 7.3.
pub const DEMANDED: [&str; 13] = [
    "tpg_get_wwn",
    "tpg_get_tag",
    "release_cmd",
    "write_pending",
    "queue_data_in",
    "queue_status",
    "queue_tm_rsp",
    "aborted_task",
    "check_stop_free",
    "fabric_make_wwn",
    "fabric_drop_wwn",
    "fabric_make_tpg",
    "fabric_drop_tpg",
];

/// The names of the demanded ops, and where they are from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demands {
    names: BTreeSet<String>,
    from_source: bool,
}

impl Demands {
    /// The built-in table.
    #[must_use]
    pub fn from_table() -> Self {
        Self {
            names: DEMANDED.iter().map(|name| (*name).to_owned()).collect(),
            from_source: false,
        }
    }

    /// What the text of `target_core_configfs.c` demands; `None` if it has no such check.
    #[must_use]
    pub fn from_source(source: &str) -> Option<Self> {
        let body = source.split_once("target_fabric_tf_ops_check(")?.1;
        // The function ends where a brace closes in the first column.
        let body = body.split_once("\n}")?.0;
        let names: BTreeSet<_> = body
            .split("if (!")
            .skip(1)
            .filter_map(tested_field)
            // Its test for fabric_name is of a plain field; the ops alone are of interest here.
            .filter(|name| name != "fabric_name")
            .collect();
        (!names.is_empty()).then_some(Self {
            names,
            from_source: true,
        })
    }
}

/// The field in `tfo->field)`, what follows an `if (!`.
fn tested_field(text: &str) -> Option<String> {
    let condition = text.split_once(')')?.0;
    let field = condition.split_once("->")?.1.trim();
    let is_name = field
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then(|| field.to_owned())
}

/// Marks the demanded ops in the model; a difference between source and table is a warning.
pub(crate) fn mark(ops: &mut FabricOps, demands: &Demands) {
    for op in &mut ops.ops {
        op.required = demands.names.contains(&op.name);
    }
    if !demands.from_source {
        return;
    }
    let table = Demands::from_table().names;
    for name in demands.names.difference(&table) {
        ops.warnings.push(format!(
            "target_fabric_tf_ops_check() demands `{name}`, which the built-in table does not; the \
             source is followed"
        ));
    }
    for name in table.difference(&demands.names) {
        ops.warnings.push(format!(
            "target_fabric_tf_ops_check() does not demand `{name}`, which the built-in table does; \
             the source is followed"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_tests_of_the_function_and_no_further() {
        let source = "static int target_fabric_tf_ops_check(const struct x *tfo)\n{\n\
            \tif (!tfo->fabric_name) {\n\t\treturn -EINVAL;\n\t}\n\
            \tif (!tfo->tpg_get_wwn) {\n\t\tpr_err(\"if (!x)\");\n\t}\n\
            \tif (tfo->fabric_alias)\n\t\treturn 0;\n}\n\
            int other(void)\n{\n\tif (!tfo->write_pending)\n\t\treturn 1;\n}\n";
        let demands = Demands::from_source(source).unwrap();
        assert_eq!(demands.names, BTreeSet::from(["tpg_get_wwn".to_owned()]));
    }

    #[test]
    fn a_source_without_the_check_demands_nothing_of_its_own() {
        assert_eq!(Demands::from_source("int main(void)\n{\n}\n"), None);
    }
}
