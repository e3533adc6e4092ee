// SPDX-License-Identifier: GPL-2.0-only

//! Reads [`FabricOps`] from bindgen's Rust text.
//!
//! bindgen keeps the header's order and comments. This code relies on the shape of its output:
//! `Option<unsafe extern "C" fn(…)>` for a function pointer, a field `__bindgen_anon_N` for a
//! struct or union without a name, a trailing underscore where the name of a type or an argument is
//! a keyword in Rust. The version of bindgen is fixed by Cargo.lock. What bindgen loses is read from
//! the header's text.

mod bit_field;
mod types;

use std::collections::BTreeMap;

use syn::{Attribute, Expr, Field as SynField, File, Lit, Meta, ReturnType, Type, TypeFnPtr};

use crate::clang::FIELD;
use crate::condition::Conditions;
use crate::declaration::{self, Function};
use crate::text::Text;
use crate::{Arg, CType, Category, Error, FabricOps, Field, Header, Op, RequiredFrom, STRUCT};
use bit_field::BitField;
use types::Types;

/// Reads the model from bindgen's text. Which ops are required is filled in later.
pub(crate) fn fabric_ops(
    rust: &str,
    header: &Header,
    text: &Text<'_>,
    conditions: &Conditions<'_, '_>,
) -> Result<FabricOps, Error> {
    let file: File = syn::parse_str(rust).map_err(|error| Error::Internal {
        header: header.path().to_owned(),
        reason: error.to_string(),
    })?;
    let mut reader = Reader {
        types: Types::new(&file, text),
        bit_fields: bit_field::all(&file),
        text,
        model: FabricOps {
            header: header.path().to_owned(),
            struct_name: STRUCT,
            ops: Vec::new(),
            attribute_groups: Vec::new(),
            fields: Vec::new(),
            required_from: RequiredFrom::Table,
            missing: Vec::new(),
            warnings: Vec::new(),
        },
    };
    if !reader.types.is_defined(STRUCT) {
        return Err(Error::NoStruct {
            header: header.path().to_owned(),
            hidden: conditions.hides_struct(),
        });
    }
    reader.fields(STRUCT, false);
    Ok(reader.model)
}

/// Goes through the struct's fields and fills the model.
struct Reader<'f, 't, 'a> {
    types: Types<'f, 't, 'a>,
    bit_fields: BTreeMap<(String, String), Vec<BitField>>,
    text: &'t Text<'a>,
    model: FabricOps,
}

impl<'f> Reader<'f, '_, '_> {
    /// The fields of a struct or union; `nested` if it is one without a name in the struct.
    fn fields(&mut self, owner: &str, nested: bool) {
        for field in self.types.fields(owner) {
            let rust_name = field.ident.as_ref().map(ToString::to_string);
            let rust_name = rust_name.unwrap_or_default();
            if let Some(name) = rust_name.strip_prefix(FIELD) {
                self.field(name, field, nested);
            } else if let Some(bits) = self
                .bit_fields
                .remove(&(owner.to_owned(), rust_name.clone()))
            {
                for bits in &bits {
                    self.bit_field(bits, nested);
                }
            } else if rust_name.starts_with("__bindgen_anon_") {
                self.fields(&types::last_name(&field.ty), true);
            }
            // The rest is bindgen's own padding.
        }
    }

    fn field(&mut self, name: &str, field: &'f SynField, nested: bool) {
        let doc = doc(&field.attrs);
        if let Some((signature, alias)) = self.types.function_pointer(&field.ty) {
            return self.op(name, signature, alias.as_deref(), doc, nested);
        }
        let ctype = self.field_type(name, &field.ty);
        if ctype.to_string() == "struct configfs_attribute **" && !nested {
            self.model.attribute_groups.push(name.to_owned());
        } else {
            self.model.fields.push(Field {
                name: name.to_owned(),
                ctype,
                bits: None,
                nested,
                doc,
            });
        }
    }

    fn field_type(&self, name: &str, ty: &Type) -> CType {
        let ctype = self.types.ctype(ty);
        match self.text.member(name) {
            Some(member) if is_other(&ctype) || declaration::loses(&member.tokens) => {
                declaration::ctype(&member.tokens)
            }
            _ => ctype,
        }
    }

    fn bit_field(&mut self, field: &BitField, nested: bool) {
        self.model.fields.push(Field {
            // bindgen drops the comments of bit-fields, so they are looked up in the header.
            doc: bit_field::doc(self.text.source, &field.name),
            name: field.name.clone(),
            ctype: self.types.ctype(&field.ctype),
            bits: Some(field.bits),
            nested,
        });
    }

    /// An op; `alias` is the type that names its signature, if one does.
    fn op(
        &mut self,
        name: &str,
        signature: &TypeFnPtr,
        alias: Option<&str>,
        doc: String,
        nested: bool,
    ) {
        let function = self.function(name, signature, alias);
        let args: Vec<_> = function
            .args
            .into_iter()
            .enumerate()
            .map(|(index, (given, ctype))| Arg {
                name: argument_name(given, index, &ctype),
                ctype,
            })
            .collect();
        self.model.ops.push(Op {
            category: Category::of(name, args.first().map(|arg| &arg.ctype)),
            name: name.to_owned(),
            required: false,
            args,
            ret: function.ret,
            variadic: function.variadic,
            nested,
            doc,
        });
    }

    /// The signature of a function pointer: from bindgen's text or, where that has lost something,
    /// from the header's.
    fn function(&self, name: &str, signature: &TypeFnPtr, alias: Option<&str>) -> Function {
        let function = self.of_bindgen(signature);
        let tokens = match alias {
            Some(alias) => self.text.typedef(alias),
            None => self.text.member(name).map(|member| &member.tokens[..]),
        };
        let is_poor =
            is_other(&function.ret) || function.args.iter().any(|(_, ctype)| is_other(ctype));
        match tokens {
            Some(tokens) if is_poor || declaration::loses(tokens) => {
                declaration::function_pointer(tokens).unwrap_or(function)
            }
            _ => function,
        }
    }

    fn of_bindgen(&self, signature: &TypeFnPtr) -> Function {
        let args = signature.inputs.iter().enumerate().map(|(index, input)| {
            let given = input.name.as_ref().map(|(ident, _)| ident.to_string());
            // bindgen numbers those that have no name.
            let given = given.filter(|given| *given != format!("arg{}", index + 1));
            let given = given.map(|given| self.types.c_name(&given).to_owned());
            (given, self.types.ctype(&input.ty))
        });
        Function {
            args: args.collect(),
            ret: match &signature.output {
                ReturnType::Default => CType::Void,
                ReturnType::Type(_, ty) => self.types.ctype(ty),
            },
            variadic: signature.variadic.is_some(),
        }
    }
}

fn is_other(ctype: &CType) -> bool {
    matches!(ctype, CType::Other { .. })
}

/// The header's name for an argument; where it has none, this names it after its type, as the
/// kernel's own code does.
fn argument_name(given: Option<String>, index: usize, ctype: &CType) -> String {
    if let Some(given) = given {
        return given;
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

/// The text of `#[doc]` attributes, without the blanks that begin the lines of a C comment.
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

fn trimmed(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    lines.join("\n").trim().to_owned()
}
