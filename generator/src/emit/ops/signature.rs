// SPDX-License-Identifier: GPL-2.0-only

//! Types of parameters and results, of methods and callbacks.

use proc_macro2::TokenStream;
use quote::quote;
use tcm_bindings::{CType, Op};

use crate::names::{c_ident, ident};
use crate::plan::{ArgMapping, CmdHandle, Method, MethodKind, Return, number};

/// Returns the signature of an op's method, as an author writes it.
#[must_use]
pub fn method_signature(op: &Op, method: &Method<'_>) -> String {
    let parameters = method.args.iter().filter_map(|mapping| {
        let (name, ty) = parameter(mapping, &quote!(Self))?;
        let name = c_ident(name);
        Some(quote!(#name: #ty))
    });
    let (name, ret) = (c_ident(&op.name), method_return(method.kind, op));
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

/// The name and type of the method's parameter for an argument of the op. `fabric` is the type that
/// implements the trait.
pub(super) fn parameter<'a>(
    mapping: &ArgMapping<'a>,
    fabric: &TokenStream,
) -> Option<(&'a str, TokenStream)> {
    let ty = match mapping {
        ArgMapping::Unused | ArgMapping::Length(_) => return None,
        ArgMapping::Aborted(_) => quote!(Aborted<'_, #fabric>),
        ArgMapping::Wrapper { wrapper, .. } => {
            let name = ident(wrapper.name());
            if wrapper.is_generic() {
                quote!(&#name<#fabric>)
            } else {
                quote!(&#name)
            }
        }
        ArgMapping::Handle { handle, .. } => handle_type(*handle, fabric),
        ArgMapping::FabricData => quote!(&#fabric::Data),
        ArgMapping::SessionData(_) => quote!(&SessionData<#fabric>),
        ArgMapping::Name(_) => quote!(&BStr),
        ArgMapping::Value { rust, .. } => {
            let rust = ident(rust);
            quote!(#rust)
        }
        ArgMapping::Buffer(_) => quote!(&mut [u8]),
    };
    Some((mapping.name()?, ty))
}

/// The type of a command's handle, as a parameter.
fn handle_type(handle: CmdHandle, fabric: &TokenStream) -> TokenStream {
    match handle {
        CmdHandle::Memory => quote!(Released<'_, #fabric>),
        CmdHandle::Pending => quote!(Pending<#fabric>),
        CmdHandle::Response => quote!(Response<'_, #fabric>),
        CmdHandle::TmrResponse => quote!(TmrResponse<#fabric>),
    }
}

/// The result of the method.
pub(super) fn method_return(kind: MethodKind, op: &Op) -> TokenStream {
    match kind {
        MethodKind::Call(Return::Void)
        | MethodKind::Drop(_)
        | MethodKind::AbortTask
        | MethodKind::CloseSession
        | MethodKind::Unlink
        | MethodKind::HandOver(CmdHandle::Memory | CmdHandle::Pending | CmdHandle::TmrResponse) => {
            quote!()
        }
        MethodKind::Call(Return::Bool) => quote!(-> bool),
        MethodKind::Call(Return::Errno) | MethodKind::InitNodeAcl | MethodKind::EnableTpg => {
            quote!(-> Result)
        }
        MethodKind::HandOver(CmdHandle::Response) => quote!(-> Result<(), Retry<'_, Self>>),
        MethodKind::Call(Return::Number) => {
            let ty = number(&op.ret).map(ident);
            quote!(-> #ty)
        }
        MethodKind::Call(Return::CStr) => quote!(-> &CStr),
        MethodKind::Call(Return::Groups) => quote!(-> Groups<WwnGroup<Self>>),
        MethodKind::Make(object) => {
            let object = ident(object.wrapper().name());
            quote!(-> Result<impl PinInit<Self::#object, Error>>)
        }
        MethodKind::InitiatorSid => quote!(-> usize),
    }
}

/// The Rust type of a callback's argument or result.
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
