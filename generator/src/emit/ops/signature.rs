// SPDX-License-Identifier: GPL-2.0-only

//! Types: of a method's parameters and result, and of a callback's.

use proc_macro2::TokenStream;
use quote::quote;
use tcm_bindings::{CType, Op};

use crate::names::{c_ident, ident};
use crate::plan::{Method, Object, Passed, Return, Right, Shape, number};

/// The signature of the method of an op, as an author writes it.
#[must_use]
pub fn method_signature(op: &Op, method: &Method<'_>) -> String {
    let parameters = method.args.iter().filter_map(|passed| {
        let (name, ty) = parameter(passed, &quote!(Self))?;
        let name = c_ident(name);
        Some(quote!(#name: #ty))
    });
    let (name, ret) = (c_ident(&op.name), method_return(method.shape, op));
    let function = quote! { fn #name(#(#parameters),*) #ret; };
    let item = syn::parse_quote! { trait T { #function } };
    let printed = prettyplease::unparse(&syn::File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: vec![item],
    });
    let lines = printed.lines().map(str::trim);
    let words: Vec<_> = lines
        .filter(|line| !line.starts_with("trait") && *line != "}")
        .collect();
    words.join(" ").trim_end_matches(';').to_owned()
}

/// The parameter of the method for an argument of the op: its name and type. `fabric` is what
/// implements the trait.
pub(super) fn parameter<'a>(
    passed: &Passed<'a>,
    fabric: &TokenStream,
) -> Option<(&'a str, TokenStream)> {
    let ty = match passed {
        Passed::Not | Passed::Length(_) => return None,
        Passed::Aborted(_) => quote!(Aborted<'_, #fabric>),
        Passed::Wrapper { wrapper, .. } => {
            let name = ident(wrapper.name());
            if wrapper.is_generic() {
                quote!(&#name<#fabric>)
            } else {
                quote!(&#name)
            }
        }
        Passed::Right { right, .. } => right_type(*right, fabric),
        Passed::Data => quote!(&#fabric::Data),
        Passed::Login(_) => quote!(&Login<#fabric>),
        Passed::Name(_) => quote!(&BStr),
        Passed::Value { rust, .. } => {
            let rust = ident(rust);
            quote!(#rust)
        }
        Passed::Buffer(_) => quote!(&mut [u8]),
    };
    Some((passed.name()?, ty))
}

/// The type of a right, as a parameter.
fn right_type(right: Right, fabric: &TokenStream) -> TokenStream {
    match right {
        Right::Memory => quote!(#fabric::CmdMemory),
        Right::Pending => quote!(Pending<#fabric>),
        Right::Response => quote!(Response<'_, #fabric>),
        Right::TmrResponse => quote!(TmrResponse<#fabric>),
    }
}

/// What the method returns.
pub(super) fn method_return(shape: Shape, op: &Op) -> TokenStream {
    match shape {
        Shape::Call(Return::Nothing)
        | Shape::Drop(_)
        | Shape::Abort
        | Shape::Close
        | Shape::Grant(Right::Memory | Right::Pending | Right::TmrResponse) => quote!(),
        Shape::Call(Return::Truth) => quote!(-> bool),
        Shape::Call(Return::Errno) | Shape::Init | Shape::Enable => quote!(-> Result),
        Shape::Grant(Right::Response) => quote!(-> Result<(), Response<'_, Self>>),
        Shape::Call(Return::Number) => {
            let ty = number(&op.ret).map(ident);
            quote!(-> #ty)
        }
        Shape::Call(Return::Text) => quote!(-> &CStr),
        // An initializer has no default, so what need not be made is given by value.
        Shape::Make(Object::Np) => quote!(-> Result<Self::Np>),
        Shape::Make(object) => {
            let object = ident(object.wrapper().name());
            quote!(-> Result<impl PinInit<Self::#object, Error>>)
        }
        Shape::InitiatorSid => quote!(-> usize),
    }
}

/// The type in Rust of what a callback takes or returns.
pub(super) fn rust_type(ctype: &CType) -> TokenStream {
    match ctype {
        CType::Void => quote!(()),
        CType::Pointer { to, is_const } => {
            let to = match to.as_ref() {
                CType::Void => quote!(kernel::ffi::c_void),
                other => rust_type(other),
            };
            if *is_const {
                quote!(*const #to)
            } else {
                quote!(*mut #to)
            }
        }
        CType::Named(name) => match name.strip_prefix("struct ") {
            Some(name) => {
                let name = c_ident(name);
                quote!(bindings::#name)
            }
            None => {
                let name = ident(match name.as_str() {
                    "int" => "c_int",
                    "char" => "c_char",
                    "unsigned char" => "u8",
                    other => other,
                });
                quote!(#name)
            }
        },
        CType::Other { .. } => unreachable!("an op with `{ctype}` in it has an empty slot"),
    }
}
