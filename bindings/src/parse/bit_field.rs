// SPDX-License-Identifier: GPL-2.0-only

//! Bit-fields in bindgen's text: one field for a run of them, with accessors in the struct's `impl`.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};
use syn::{
    Expr, ExprMethodCall, File, FnArg, GenericArgument, ImplItem, ImplItemFn, Item, Lit, Member,
    ReturnType, Type,
};

use super::{trimmed, types};
use crate::clang::FIELD;

/// A bit-field, as read from its accessor in bindgen's text.
pub(super) struct BitField {
    pub(super) name: String,
    pub(super) ctype: Type,
    pub(super) bits: u32,
    offset: u32,
}

/// The bit-fields by their struct and the field that holds them, in order of offset.
pub(super) fn all(file: &File) -> BTreeMap<(String, String), Vec<BitField>> {
    let mut units: BTreeMap<_, Vec<BitField>> = BTreeMap::new();
    let impls = file.items.iter().filter_map(|item| match item {
        Item::Impl(item) => Some((types::last_name(&item.self_ty), &item.items)),
        _ => None,
    });
    for (owner, items) in impls {
        let methods = items.iter().filter_map(|item| match item {
            ImplItem::Fn(method) => bit_field(method),
            _ => None,
        });
        for (unit, field) in methods {
            units.entry((owner.clone(), unit)).or_default().push(field);
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
    let name = method.sig.ident.to_string();
    let name = name.strip_prefix(FIELD).filter(|_| is_getter)?;
    let ReturnType::Type(_, ctype) = &method.sig.output else {
        return None;
    };
    let mut finder = UnitRead::default();
    finder.visit_block(&method.block);
    let (unit, offset, bits) = finder.0?;
    let field = BitField {
        name: name.to_owned(),
        ctype: (**ctype).clone(),
        bits,
        offset,
    };
    Some((unit, field))
}

/// Finds the read of a bit-field's unit: its name, the offset and the width.
#[derive(Default)]
struct UnitRead(Option<(String, u32, u32)>);

impl<'ast> Visit<'ast> for UnitRead {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.method == "get_const" {
            self.0 = read(call).or(self.0.take());
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// The unit's name, the offset and the width in `self.UNIT.get_const::<OFFSET, BITS>()`.
fn read(call: &ExprMethodCall) -> Option<(String, u32, u32)> {
    let generics = call.turbofish.as_ref()?;
    let numbers: Vec<_> = generics.args.iter().filter_map(number).collect();
    match (call.receiver.as_ref(), numbers.as_slice()) {
        (Expr::Field(field), [offset, bits]) => match &field.member {
            Member::Named(unit) => Some((unit.to_string(), *offset, *bits)),
            Member::Unnamed(_) => None,
        },
        _ => None,
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

/// The comment that ends right before the bit-field `name`, if there is one.
pub(super) fn doc(header: &str, name: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_of_a_bit_field_is_the_one_right_before_it() {
        let header =
            "\tint a;\n\t/*\n\t * Says\n\t * this.\n\t */\n\tunsigned int b:1;\n\tint c:2;\n";
        assert_eq!(doc(header, "b"), "Says\nthis.");
        assert_eq!(doc(header, "c"), "");
    }
}
