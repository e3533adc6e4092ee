// SPDX-License-Identifier: GPL-2.0-only

//! Conversion of the struct's fields from clang's entities to the model.

use clang::{Entity, EntityKind, Type, TypeKind};
use serde::{Deserialize, Serialize};

use crate::model::{Arg, Category, Field, Op};
use crate::{CType, Fault};

/// The part of the model that comes from clang.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Reading {
    pub(crate) ops: Vec<Op>,
    pub(crate) attribute_groups: Vec<String>,
    pub(crate) fields: Vec<Field>,
    pub(crate) warnings: Vec<String>,
}

/// Returns the fields of a struct in the header's order. The fields of a nested anonymous struct or union
/// are included, with true.
pub(crate) fn all<'a>(definition: &Entity<'a>) -> Vec<(Entity<'a>, bool)> {
    let fields = definition.get_type().and_then(|ty| ty.get_fields());
    let fields = fields.unwrap_or_default().into_iter();
    let all = fields.flat_map(|field| match inner(&field) {
        Some(inner) => all(&inner)
            .into_iter()
            .map(|(field, _)| (field, true))
            .collect(),
        None => vec![(field, false)],
    });
    all.collect()
}

/// The struct or union of an anonymous field.
fn inner<'a>(field: &Entity<'a>) -> Option<Entity<'a>> {
    let is_unnamed = name(field).is_none() && !field.is_bit_field();
    let ty = field.get_type().filter(|_| is_unnamed)?;
    let declaration = ty.get_canonical_type().get_declaration()?;
    declaration.get_definition()
}

/// The name of a field; `None` for an anonymous one, for which clang may return its location.
pub(crate) fn name(field: &Entity<'_>) -> Option<String> {
    field.get_name().filter(|name| !name.contains('('))
}

/// The line of an entity, from 1.
pub(crate) fn line(entity: &Entity<'_>) -> usize {
    let location = entity.get_location();
    location.map_or(0, |location| location.get_file_location().line as usize)
}

/// Converts the fields. A name that is not ASCII is a fault.
pub(crate) fn read(fields: &[(Entity<'_>, bool)]) -> Result<Reading, Vec<Fault>> {
    let mut reading = Reading::default();
    let mut faults = Vec::new();
    for (entity, nested) in fields {
        // Anonymous bit-fields are padding.
        let (Some(name), Some(ty)) = (name(entity), entity.get_type()) else {
            continue;
        };
        if !name.is_ascii() {
            let line = line(entity);
            faults.push(Fault::ForeignName { name, line });
        } else if let Some(function) = function(ty) {
            reading.ops.push(op(name, entity, &function, *nested));
        } else if spelling(&ty) == "struct configfs_attribute **" && !nested {
            reading.attribute_groups.push(name);
        } else {
            reading.fields.push(Field {
                name,
                ctype: spelling(&ty).into(),
                bits: entity
                    .get_bit_field_width()
                    .and_then(|bits| bits.try_into().ok()),
                nested: *nested,
                doc: doc(entity),
            });
        }
    }
    if faults.is_empty() {
        Ok(reading)
    } else {
        Err(faults)
    }
}

/// The function that a type points to, also through a typedef.
fn function(mut ty: Type<'_>) -> Option<Type<'_>> {
    loop {
        if let Some(to) = ty.get_pointee_type() {
            let kind = to.get_canonical_type().get_kind();
            let is_function = [TypeKind::FunctionPrototype, TypeKind::FunctionNoPrototype];
            return is_function.contains(&kind).then_some(to);
        }
        ty = ty.get_declaration()?.get_typedef_underlying_type()?;
    }
}

fn op(name: String, entity: &Entity<'_>, function: &Type<'_>, nested: bool) -> Op {
    let types = function.get_argument_types().unwrap_or_default();
    let parameters = entity.get_children().into_iter();
    let parameters = parameters.filter(|child| child.get_kind() == EntityKind::ParmDecl);
    let mut names: Vec<_> = parameters.map(|parameter| parameter.get_name()).collect();
    // The children include the parameters of a function that is the result, and lack those of a typedef.
    if names.len() != types.len() {
        names = vec![None; types.len()];
    }
    let args = types.iter().zip(names).enumerate();
    let args = args.map(|(index, (ty, name))| {
        let ctype = spelling(ty).into();
        let name = name.filter(|name| name.is_ascii());
        Arg {
            name: name.unwrap_or_else(|| made_up(index, &ctype)),
            ctype,
        }
    });
    let args: Vec<_> = args.collect();
    let ret = function.get_result_type();
    Op {
        category: Category::of(&name, args.first().map(|arg| &arg.ctype)),
        required: false,
        args,
        ret: ret.map_or(CType::Void, |ty| spelling(&ty).into()),
        variadic: function.is_variadic(),
        nested,
        doc: doc(entity),
        name,
    }
}

/// The spelling of a type. For an anonymous type, clang's location in the header is replaced.
fn spelling(ty: &Type<'_>) -> String {
    let text = ty.get_display_name();
    let place = text.find(" (unnamed").or_else(|| text.find(" (anonymous"));
    let parts = place.and_then(|at| Some((&text[..at], text[at..].split_once(')')?.1)));
    match parts {
        Some((tag, rest)) => format!("{tag} {{ … }}{rest}"),
        None => text,
    }
}

/// A name for an argument without one in the header, made from its type as in the kernel's own code.
fn made_up(index: usize, ctype: &CType) -> String {
    let name = match ctype.pointed_struct() {
        Some("target_fabric_configfs") => "tf",
        Some("config_group") => "group",
        Some("se_portal_group") => "se_tpg",
        Some("se_node_acl") => "se_nacl",
        Some("se_session") => "se_sess",
        Some(other) => other,
        None => match ctype.to_string().as_str() {
            "const char *" => "name",
            "unsigned char *" => "buf",
            "u32" if index > 0 => "len",
            _ => return format!("arg{}", index + 1),
        },
    };
    name.to_owned()
}

/// The header's comment on an entity, without comment delimiters.
fn doc(entity: &Entity<'_>) -> String {
    let comment = entity.get_comment().unwrap_or_default();
    let lines = comment.trim_end_matches("*/").lines().map(|line| {
        let line = line.trim_start().trim_start_matches("/*");
        line.trim_start_matches(['*', '/']).trim()
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
