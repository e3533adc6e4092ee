// SPDX-License-Identifier: GPL-2.0-only

//! Ops that target core requires.
//!
//! `target_register_template()` calls `target_fabric_tf_ops_check()`, which refuses a fabric that lacks
//! one of them. That function is parsed if the kernel's source is present; else a table is used. The
//! model records the origin.

use std::path::PathBuf;

use crate::model::{FabricOps, RequiredFrom};
use crate::{Error, Header, word};

/// The function of target core that checks the ops of a fabric.
const CHECK: &str = "target_fabric_tf_ops_check";

/// The ops that the function requires in [`TABLE_KERNELS`], in its order.
const TABLE: [&str; 13] = [
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

/// The kernels of the table.
pub const TABLE_KERNELS: &str = "Linux 6.12 to 7.3";

/// The names of the required ops, and their origin.
struct Requirements {
    names: Vec<String>,
    from: RequiredFrom,
}

/// Marks the required ops of the model, and lists those that the struct lacks.
pub(crate) fn mark(model: &mut FabricOps, header: &Header) -> Result<(), Error> {
    let requirements = requirements(header, &mut model.warnings)?;
    for op in &mut model.ops {
        op.required = requirements.names.contains(&op.name);
    }
    let names = requirements.names.into_iter();
    model.missing = names.filter(|name| !has(model, name)).collect();
    model.required_from = requirements.from;
    if !model.missing.is_empty() && model.required_from == RequiredFrom::Table {
        model.warnings.push(format!(
            "the struct lacks what {TABLE_KERNELS} require; a kernel with this header may require \
             other ops than are marked here"
        ));
    }
    Ok(())
}

/// Returns true if the struct has `name`, which may be a field: target core also requires `fabric_name`.
fn has(model: &FabricOps, name: &String) -> bool {
    model.op(name).is_some()
        || model.attribute_groups.contains(name)
        || model.fields.iter().any(|field| field.name == *name)
}

fn requirements(header: &Header, warnings: &mut Vec<String>) -> Result<Requirements, Error> {
    let Some((path, source)) = header.check_source()? else {
        return Ok(table());
    };
    if let Some(names) = names_in(&source) {
        let from = RequiredFrom::Source(PathBuf::from(path));
        return Ok(Requirements { names, from });
    }
    warnings.push(format!(
        "{} has no {CHECK}(), so what {TABLE_KERNELS} require is taken for required",
        path.display()
    ));
    Ok(table())
}

fn table() -> Requirements {
    Requirements {
        names: TABLE.iter().map(|name| (*name).to_owned()).collect(),
        from: RequiredFrom::Table,
    }
}

/// The ops that the text of `target_core_configfs.c` requires; `None` if it has no such check.
fn names_in(source: &str) -> Option<Vec<String>> {
    let body = source.split(CHECK).skip(1).find_map(|rest| {
        // The braces of a function are in the first column.
        let (arguments, rest) = rest.split_once("\n{")?;
        let is_definition = !arguments.contains(['{', ';']);
        rest.split("\n}").next().filter(|_| is_definition)
    })?;
    let conditions = body.split("if (").skip(1);
    let conditions = conditions.filter_map(|rest| rest.split(['{', ';']).next());
    let names: Vec<_> = conditions.flat_map(absent).collect();
    (!names.is_empty()).then_some(names)
}

/// The fields whose absence makes a condition true: `!tfo->field`, alone or joined by `||`.
fn absent(condition: &str) -> impl Iterator<Item = String> {
    let is_any = !condition.contains("&&");
    let negated = condition.split('!').skip(1).filter(move |_| is_any);
    negated.filter_map(|text| {
        let (object, field) = text.trim_start_matches('(').split_once("->")?;
        let name = word(field);
        (word(object) == object && !name.is_empty()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(body: &str) -> Option<Vec<String>> {
        names_in(&format!(
            "static int {CHECK}(const struct x *);\nint y(void)\n{{\n\tif ({CHECK}(fo))\n\t\t\
             return 1;\n\tif (!tfo->no)\n\t\treturn 2;\n}}\n\
             static int {CHECK}(const struct x *tfo)\n{{\n{body}}}\n\
             int other(void)\n{{\n\tif (!tfo->write_pending)\n\t\treturn 1;\n}}\n"
        ))
    }

    #[test]
    fn only_conditions_of_the_function_are_read() {
        let body = "\tif (!tfo->fabric_name) {\n\t\treturn -EINVAL;\n\t}\n\
                    \tif (!tfo->tpg_get_wwn) {\n\t\tpr_err(\"!x->y\");\n\t}\n\
                    \t/* Wants tfo->old. */\n\
                    \tif (tfo->fabric_alias)\n\t\treturn 0;\n";
        assert_eq!(names(body).unwrap(), ["fabric_name", "tpg_get_wwn"]);
    }

    #[test]
    fn field_is_required_if_its_absence_alone_fails() {
        let body = "\tif (!(tfo->a))\n\t\tx;\n\tif (WARN_ON(!tfo->c ||\n\t\t    !t->d)) {\n\
                    \tif (tfo->e && !tfo->f)\n\t\tx;\n\tif (tfo->g != x->h)\n\t\tx;\n\
                    \tif (strlen(tfo->i) > 3)\n\t\tx;\n";
        assert_eq!(names(body).unwrap(), ["a", "c", "d"]);
    }

    #[test]
    fn source_without_the_check_has_no_names() {
        assert_eq!(names_in("int main(void)\n{\n}\n"), None);
        assert_eq!(names_in(CHECK), None);
        assert_eq!(names(""), None);
    }
}
