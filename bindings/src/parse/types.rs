// SPDX-License-Identifier: GPL-2.0-only

//! C types, recovered from what bindgen makes of them.

use std::collections::{BTreeMap, BTreeSet};

use syn::{
    Expr, Field, File, GenericArgument, Item, Lit, PathArguments, PathSegment, PointerMutability,
    ReturnType, Type, TypeArray, TypeFnPtr, TypePath,
};

use crate::text::Text;
use crate::{CType, STRUCT};

/// The fields that bindgen writes for a struct that has none, or is only declared.
const EMPTY: [&str; 2] = ["_unused", "_address"];

/// The types that bindgen's text defines, and their names in C.
pub(super) struct Types<'f, 't, 'a> {
    text: &'t Text<'a>,
    tagged: BTreeMap<&'a str, &'a str>,
    words: BTreeSet<&'a str>,
    /// Structs and unions by name.
    records: BTreeMap<String, Record<'f>>,
    /// Other names for types.
    aliases: BTreeMap<String, &'f Type>,
}

struct Record<'f> {
    tag: &'static str,
    fields: Vec<&'f Field>,
}

impl<'f, 't, 'a> Types<'f, 't, 'a> {
    pub(super) fn new(file: &'f File, text: &'t Text<'a>) -> Self {
        let mut types = Self {
            text,
            tagged: text.tagged(),
            words: text.words(),
            records: BTreeMap::new(),
            aliases: BTreeMap::new(),
        };
        for item in &file.items {
            let (name, tag, fields) = match item {
                Item::Struct(item) => (&item.ident, "struct", item.fields.iter().collect()),
                Item::Union(item) => (&item.ident, "union", item.fields.named.iter().collect()),
                Item::Type(item) => {
                    types.aliases.insert(item.ident.to_string(), &item.ty);
                    continue;
                }
                _ => continue,
            };
            types
                .records
                .insert(name.to_string(), Record { tag, fields });
        }
        types
    }

    /// Whether the header defines the struct `name`, and does not just declare it.
    pub(super) fn is_defined(&self, name: &str) -> bool {
        let is_empty = |field: &&Field| {
            field
                .ident
                .as_ref()
                .is_some_and(|i| EMPTY.iter().any(|e| i == e))
        };
        self.records
            .get(name)
            .is_some_and(|record| !record.fields.iter().any(is_empty))
    }

    /// The fields of a struct or union.
    pub(super) fn fields(&self, name: &str) -> Vec<&'f Field> {
        self.records
            .get(name)
            .map(|record| record.fields.clone())
            .unwrap_or_default()
    }

    /// The signature in `Option<unsafe extern "C" fn(…)>`, or in a type that is one by another name:
    /// then with the last of these names, as C has it.
    pub(super) fn function_pointer(&self, ty: &'f Type) -> Option<(&'f TypeFnPtr, Option<String>)> {
        let mut ty = ty;
        let mut alias = None;
        // An alias can only name an earlier one, so there are no more steps than aliases.
        for _ in 0..=self.aliases.len() {
            if let Some(signature) = signature(ty) {
                return Some((signature, alias));
            }
            let name = last_name(ty);
            ty = self.aliases.get(&name)?;
            alias = Some(self.c_name(&name).to_owned());
        }
        None
    }

    /// The C type that bindgen wrote as `ty`.
    pub(super) fn ctype(&self, ty: &Type) -> CType {
        match ty {
            Type::Ptr(pointer) => {
                let is_const = matches!(pointer.mutability, PointerMutability::Const(_));
                pointer_to(self.ctype(&pointer.elem), is_const)
            }
            Type::Array(array) => array_of(&self.ctype(&array.elem), &length(array)),
            Type::Path(path) => match (signature(ty), flexible(path)) {
                (Some(signature), _) => self.function(signature),
                (None, Some(element)) => array_of(&self.ctype(element), ""),
                (None, None) => self.path(path),
            },
            // `!`, the type of a function that does not return.
            _ => CType::Void,
        }
    }

    fn function(&self, signature: &TypeFnPtr) -> CType {
        let mut args: Vec<_> = signature
            .inputs
            .iter()
            .map(|input| self.ctype(&input.ty).to_string())
            .collect();
        if signature.variadic.is_some() {
            args.push("...".to_owned());
        } else if args.is_empty() {
            args.push("void".to_owned());
        }
        let (before, after) = match &signature.output {
            ReturnType::Default => CType::Void,
            ReturnType::Type(_, ty) => self.ctype(ty),
        }
        .parts();
        CType::Other {
            before: format!("{before}(*"),
            after: format!(")({}){after}", args.join(", ")),
        }
    }

    fn path(&self, path: &TypePath) -> CType {
        let segments = &path.path.segments;
        let Some(last) = segments.last() else {
            return CType::Void;
        };
        let name = last.ident.to_string();
        // A type of the header itself is a name without a path.
        let is_own = segments.len() == 1
            && !name.starts_with("__Bindgen")
            && (self.records.contains_key(&name) || self.aliases.contains_key(&name));
        if is_own {
            self.named(&name)
        } else if name == "c_void" {
            CType::Void
        } else if name == "u128" || name.starts_with("__Bindgen") {
            // `long double`, a complex number, a vector: the header says which.
            worded("a C type that Rust lacks")
        } else {
            CType::Named(of_rust(&name).to_owned())
        }
    }

    /// A type that bindgen's text defines.
    pub(super) fn named(&self, rust: &str) -> CType {
        let record = self.records.get(rust).map(|record| record.tag);
        if rust.contains("__bindgen_ty_") {
            return worded(&format!("{} {{ … }}", record.unwrap_or("enum")));
        }
        let name = self.c_name(rust);
        // bindgen puts the name of the struct before the names of those that are defined in it.
        let inner = name
            .strip_prefix(STRUCT)
            .and_then(|name| name.strip_prefix('_'));
        let inner = inner.filter(|inner| self.tagged.contains_key(inner));
        let name = inner.unwrap_or(name);
        let tag = match (record, self.tagged.get(name)) {
            (Some(_), Some(tag)) | (None, Some(tag @ &"enum")) => Some(*tag),
            (Some(tag), None) if !self.text.is_typedef_of_braces(name) => Some(tag),
            _ => None,
        };
        CType::Named(match tag {
            Some(tag) => format!("{tag} {name}"),
            None => name.to_owned(),
        })
    }

    /// The name in C of a type or an argument: bindgen appends an underscore where Rust reserves
    /// it, as in `u32_` or `type_`.
    pub(super) fn c_name<'n>(&self, rust: &'n str) -> &'n str {
        match rust.strip_suffix('_') {
            Some(name) if !self.words.contains(rust) => name,
            _ => rust,
        }
    }
}

/// The last name in a path, without what is in angle brackets.
pub(super) fn last_name(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|segment| segment.ident.to_string())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

fn signature(ty: &Type) -> Option<&TypeFnPtr> {
    let Type::Path(path) = ty else { return None };
    match argument(path, "Option")? {
        Type::FnPtr(signature) => Some(signature),
        _ => None,
    }
}

/// The type of a flexible array member's elements.
fn flexible(path: &TypePath) -> Option<&Type> {
    argument(path, "__IncompleteArrayField")
}

/// The type `T` in `NAME<T>`.
fn argument<'f>(path: &'f TypePath, name: &str) -> Option<&'f Type> {
    let PathSegment { ident, arguments } = path.path.segments.last()?;
    let PathArguments::AngleBracketed(generics) = arguments else {
        return None;
    };
    match generics.args.first()? {
        GenericArgument::Type(ty) if ident == name => Some(ty),
        _ => None,
    }
}

/// A type whose declaration is `text`, a blank, and the name.
fn worded(text: &str) -> CType {
    CType::Other {
        before: format!("{text} "),
        after: String::new(),
    }
}

fn pointer_to(ctype: CType, is_const: bool) -> CType {
    let CType::Other { before, after } = ctype else {
        return CType::Pointer {
            to: Box::new(ctype),
            is_const,
        };
    };
    let is_array = after.starts_with('[');
    let before = match (is_const, is_array) {
        (true, true) => format!("const {before}(*"),
        (true, false) => format!("{before}const *"),
        (false, true) => format!("{before}(*"),
        (false, false) => format!("{before}*"),
    };
    let after = if is_array { format!("){after}") } else { after };
    CType::Other { before, after }
}

fn array_of(element: &CType, length: &str) -> CType {
    let (before, after) = element.parts();
    CType::Other {
        before,
        after: format!("[{length}]{after}"),
    }
}

fn length(array: &TypeArray) -> String {
    match &array.len {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(int) => int.base10_digits().to_owned(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// The C type of the Rust type `name`, or `name` itself if it is not one of Rust's.
fn of_rust(name: &str) -> &str {
    match name {
        "c_char" => "char",
        "c_schar" => "signed char",
        "c_uchar" => "unsigned char",
        "c_short" => "short",
        "c_ushort" => "unsigned short",
        "c_int" => "int",
        "c_uint" => "unsigned int",
        "c_long" => "long",
        "c_ulong" => "unsigned long",
        "c_longlong" => "long long",
        "c_ulonglong" => "unsigned long long",
        "f32" => "float",
        "f64" => "double",
        "i128" => "__int128",
        "usize" => "size_t",
        "isize" => "ssize_t",
        // The kernel's own types of these names are aliases here.
        "i8" => "int8_t",
        "u8" => "uint8_t",
        "i16" => "int16_t",
        "u16" => "uint16_t",
        "i32" => "int32_t",
        "u32" => "uint32_t",
        "i64" => "int64_t",
        "u64" => "uint64_t",
        other => other,
    }
}
