// SPDX-License-Identifier: GPL-2.0-only

//! bindgen's Rust text to [`FabricOps`].
//!
//! bindgen keeps the header's names, order and comments; this finds them again in its output. It
//! relies on the shape of that output: `Option<unsafe extern "C" fn(…)>` for a function pointer,
//! one `_bitfield_N` field for a run of bit-fields with its accessors in the struct's `impl`, a
//! trailing underscore where a C name collides with Rust's. What it makes of a header is pinned by
//! the version of bindgen in Cargo.lock.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ExprMethodCall, Field as SynField, File, FnArg, GenericArgument, ImplItem,
    ImplItemFn, Item, ItemStruct, Lit, Member, Meta, PathArguments, PathSegment, PointerMutability,
    ReturnType, Type, TypeFnPtr, TypePath,
};

use crate::{Arg, CType, Category, Error, FabricOps, Fault, Field, Header, Op};

const STRUCT: &str = "target_core_fabric_ops";

/// Reads the model from bindgen's text. Which ops are required is not known here.
pub(crate) fn fabric_ops(rust: &str, header: &Header) -> Result<FabricOps, Error> {
    let file: File = syn::parse_str(rust).map_err(|error| Error::Internal {
        header: header.path().to_owned(),
        reason: error.to_string(),
    })?;
    let item = find_struct(&file).ok_or_else(|| Error::NoStruct {
        header: header.path().to_owned(),
    })?;
    let mut reader = Reader {
        tags: tags(&file),
        bit_fields: bit_fields(&file),
        header_text: header.text()?,
        faults: Vec::new(),
        model: FabricOps {
            header: header.path().to_owned(),
            struct_name: STRUCT,
            ops: Vec::new(),
            attribute_groups: Vec::new(),
            fields: Vec::new(),
            warnings: Vec::new(),
        },
    };
    for field in &item.fields {
        reader.field(field);
    }
    if reader.faults.is_empty() {
        return Ok(reader.model);
    }
    Err(Error::Faults {
        header: header.path().to_owned(),
        faults: reader.faults,
    })
}

/// The struct, if the header defines it: bindgen gives a struct that is only declared one field of
/// its own, `_unused`.
fn find_struct(file: &File) -> Option<&ItemStruct> {
    file.items.iter().find_map(|item| match item {
        Item::Struct(item) if item.ident == STRUCT => {
            let opaque = item.fields.iter().any(|f| name_of(f) == "_unused");
            (!opaque).then_some(item)
        }
        _ => None,
    })
}

/// What `struct`, `union` or `enum` to write before a name; typedefs are not listed.
fn tags(file: &File) -> BTreeMap<String, &'static str> {
    let tag = |item: &Item| match item {
        Item::Struct(item) => Some((item.ident.to_string(), "struct")),
        Item::Union(item) => Some((item.ident.to_string(), "union")),
        _ => None,
    };
    file.items.iter().filter_map(tag).collect()
}

/// A bit-field as bindgen's accessor tells it.
#[derive(Clone)]
struct BitField {
    name: String,
    ctype: Type,
    offset: u32,
    bits: u32,
}

/// The bit-fields of the struct by the unit that holds them, each unit in order of offset.
fn bit_fields(file: &File) -> BTreeMap<String, Vec<BitField>> {
    let mut units: BTreeMap<String, Vec<BitField>> = BTreeMap::new();
    let methods = file.items.iter().filter_map(|item| match item {
        Item::Impl(item) if is_named(&item.self_ty, STRUCT) => Some(&item.items),
        _ => None,
    });
    for item in methods.flatten() {
        if let ImplItem::Fn(method) = item
            && let Some((unit, field)) = bit_field(method)
        {
            units.entry(unit).or_default().push(field);
        }
    }
    for unit in units.values_mut() {
        unit.sort_by_key(|field| field.offset);
    }
    units
}

/// The bit-field that `method` reads, with its unit: `self.UNIT.get_const::<OFFSET, BITS>()`.
fn bit_field(method: &ImplItemFn) -> Option<(String, BitField)> {
    let is_getter = method.sig.inputs.len() == 1
        && matches!(method.sig.inputs.first(), Some(FnArg::Receiver(_)));
    let ReturnType::Type(_, ctype) = &method.sig.output else {
        return None;
    };
    if !is_getter {
        return None;
    }
    let mut finder = UnitRead::default();
    finder.visit_block(&method.block);
    let (unit, offset, bits) = finder.0?;
    let field = BitField {
        name: c_name(&method.sig.ident.to_string()),
        ctype: (**ctype).clone(),
        offset,
        bits,
    };
    Some((unit, field))
}

/// Finds the read of a bit-field's unit: its name, the offset and the width.
#[derive(Default)]
struct UnitRead(Option<(String, u32, u32)>);

impl<'ast> Visit<'ast> for UnitRead {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if let Some(generics) = &call.turbofish
            && call.method == "get_const"
            && let Expr::Field(unit) = call.receiver.as_ref()
            && let Member::Named(unit) = &unit.member
        {
            let numbers: Vec<_> = generics.args.iter().filter_map(number).collect();
            if let [offset, bits] = numbers[..] {
                self.0 = Some((unit.to_string(), offset, bits));
            }
        }
        visit::visit_expr_method_call(self, call);
    }
}

fn number(argument: &GenericArgument) -> Option<u32> {
    match argument {
        GenericArgument::Const(Expr::Lit(lit)) => match &lit.lit {
            Lit::Int(int) => int.base10_parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// Goes through the struct's fields and fills the model.
struct Reader {
    tags: BTreeMap<String, &'static str>,
    bit_fields: BTreeMap<String, Vec<BitField>>,
    header_text: String,
    faults: Vec<Fault>,
    model: FabricOps,
}

impl Reader {
    fn field(&mut self, field: &SynField) {
        let name = name_of(field);
        if let Some(unit) = self.bit_fields.remove(&name) {
            return unit.into_iter().for_each(|bits| self.bit_field(&bits));
        }
        // bindgen's own padding round bit-fields.
        if name.starts_with("_bitfield_align") || name.starts_with("__bindgen_padding") {
            return;
        }
        if let Some(signature) = function_pointer(&field.ty) {
            return self.op(name, signature, doc(&field.attrs));
        }
        let Some(ctype) = self.ctype(&field.ty) else {
            return self.unknown(name, &field.ty);
        };
        if ctype.to_string() == "struct configfs_attribute **" {
            self.model.attribute_groups.push(name);
        } else {
            self.model.fields.push(Field {
                name,
                ctype,
                bits: None,
                doc: doc(&field.attrs),
            });
        }
    }

    fn op(&mut self, name: String, signature: &TypeFnPtr, doc: String) {
        let mut args = Vec::new();
        for (index, input) in signature.inputs.iter().enumerate() {
            let Some(ctype) = self.ctype(&input.ty) else {
                return self.unknown(name, &input.ty);
            };
            let given = input.name.as_ref().map(|(ident, _)| ident.to_string());
            args.push(Arg {
                name: argument_name(given, index, &ctype),
                ctype,
            });
        }
        let ret = match &signature.output {
            ReturnType::Default => CType::Void,
            ReturnType::Type(_, ty) => match self.ctype(ty) {
                Some(ctype) => ctype,
                None => return self.unknown(name, ty),
            },
        };
        self.model.ops.push(Op {
            category: Category::of(&name, args.first().map(|arg| &arg.ctype)),
            name,
            required: false,
            args,
            ret,
            doc,
        });
    }

    fn bit_field(&mut self, field: &BitField) {
        let Some(ctype) = self.ctype(&field.ctype) else {
            return self.unknown(field.name.clone(), &field.ctype);
        };
        self.model.fields.push(Field {
            // bindgen drops the comments of bit-fields, so they are looked up in the header.
            doc: bit_field_doc(&self.header_text, &field.name),
            name: field.name.clone(),
            ctype,
            bits: Some(field.bits),
        });
    }

    fn unknown(&mut self, name: String, ty: &Type) {
        self.faults.push(Fault::UnknownField {
            name,
            type_: spelled(ty),
        });
    }

    /// The C type that bindgen wrote as `ty`.
    fn ctype(&self, ty: &Type) -> Option<CType> {
        match ty {
            Type::Ptr(pointer) => Some(CType::Pointer {
                to: Box::new(self.ctype(&pointer.elem)?),
                is_const: matches!(pointer.mutability, PointerMutability::Const(_)),
            }),
            Type::Path(path) => self.named(path),
            _ => None,
        }
    }

    fn named(&self, path: &TypePath) -> Option<CType> {
        let last = path.path.segments.last()?;
        if !matches!(last.arguments, PathArguments::None) {
            return None;
        }
        let name = c_name(&last.ident.to_string());
        Some(match name.as_str() {
            "c_void" => CType::Void,
            "c_char" => named("char"),
            "c_schar" => named("signed char"),
            "c_uchar" => named("unsigned char"),
            "c_short" => named("short"),
            "c_ushort" => named("unsigned short"),
            "c_int" => named("int"),
            "c_uint" => named("unsigned int"),
            "c_long" => named("long"),
            "c_ulong" => named("unsigned long"),
            "c_longlong" => named("long long"),
            "c_ulonglong" => named("unsigned long long"),
            "usize" => named("size_t"),
            "isize" => named("ssize_t"),
            name => match self.tags.get(name) {
                Some(tag) => named(&format!("{tag} {name}")),
                None => named(name),
            },
        })
    }
}

fn named(name: &str) -> CType {
    CType::Named(name.to_owned())
}

/// The name in C: bindgen appends an underscore where Rust reserves it, as in `u32_` or `type_`.
fn c_name(rust: &str) -> String {
    rust.strip_suffix('_').unwrap_or(rust).to_owned()
}

/// The header's name for an argument; where it has none, bindgen numbers it and this names it
/// after its type, as the kernel's own code does.
fn argument_name(given: Option<String>, index: usize, ctype: &CType) -> String {
    if let Some(given) = given
        && given != format!("arg{}", index + 1)
    {
        return c_name(&given);
    }
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

/// The signature in `Option<unsafe extern "C" fn(…)>`.
fn function_pointer(ty: &Type) -> Option<&TypeFnPtr> {
    let Type::Path(path) = ty else { return None };
    let PathSegment { ident, arguments } = path.path.segments.last()?;
    let PathArguments::AngleBracketed(generics) = arguments else {
        return None;
    };
    match generics.args.first()? {
        GenericArgument::Type(Type::FnPtr(signature)) if ident == "Option" => Some(signature),
        _ => None,
    }
}

fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident(name))
}

fn name_of(field: &SynField) -> String {
    field
        .ident
        .as_ref()
        .map_or_else(String::new, |ident| c_name(&ident.to_string()))
}

/// A type for a message, in Rust as bindgen wrote it.
fn spelled(ty: &Type) -> String {
    match ty {
        Type::Path(path) => {
            let names = path
                .path
                .segments
                .iter()
                .map(|segment| segment.ident.to_string());
            names.collect::<Vec<_>>().join("::")
        }
        Type::Array(array) => format!("[{}; …]", spelled(&array.elem)),
        Type::Ptr(pointer) => format!("pointer to {}", spelled(&pointer.elem)),
        Type::FnPtr(_) => "function pointer".to_owned(),
        _ => "unknown".to_owned(),
    }
}

/// The text of `#[doc]` attributes, without the blanks that the comment's frame leaves.
fn doc(attrs: &[Attribute]) -> String {
    let texts = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(lit) => match &lit.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    trimmed(&texts.collect::<Vec<_>>().join("\n"))
}

/// The comment that ends right before the bit-field `name`, if there is one.
fn bit_field_doc(header: &str, name: &str) -> String {
    let comment = header.find(&format!(" {name}:")).and_then(|at| {
        let line_start = header[..at].rfind('\n')?;
        let before = header[..line_start].trim_end().strip_suffix("*/")?;
        Some(&before[before.rfind("/*")? + 2..])
    });
    let lines = comment.unwrap_or_default().lines();
    trimmed(
        &lines
            .map(|line| line.trim().trim_start_matches('*'))
            .collect::<Vec<_>>()
            .join("\n"),
    )
}

fn trimmed(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_of_a_bit_field_is_the_one_right_before_it() {
        let header =
            "\tint a;\n\t/*\n\t * Says\n\t * this.\n\t */\n\tunsigned int b:1;\n\tint c:2;\n";
        assert_eq!(bit_field_doc(header, "b"), "Says\nthis.");
        assert_eq!(bit_field_doc(header, "c"), "");
    }
}
