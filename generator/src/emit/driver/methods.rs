// SPDX-License-Identifier: GPL-2.0-only

//! The driver's implementation of `Operations`: a method for every op of a command, a session, a
//! portal group or a node ACL, and for what makes and drops the configfs tree.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use tcm_bindings::Category;

use super::super::Input;
use super::super::ops::{argument, method_return, parameter};
use super::super::rust::{comment, doc};
use super::{PINNED_GROUP, PortNames, code, groups, idents, placeholder};
use crate::data_path::Args;
use crate::names::{c_ident, constant, directory, ident};
use crate::plan::{KNOWN_FIELDS, Method, Object, Passed, Return, Right, Shape, Slot};

/// The implementation.
pub(super) fn operations(input: &Input<'_>) -> TokenStream {
    let name = input.names.fabric();
    let constant_name = ident(input.registered.constant);
    let PortNames {
        target_type,
        portal_type,
        initiator_type,
        ..
    } = PortNames::of(input.protocol);
    let driver = &input.data_path.driver;
    let fields = fields(input);
    let attributes = groups(input).into_iter().map(|(group, _)| {
        let (constant, directory) = (constant(group), directory(group));
        let placeholder = ident(&placeholder(group));
        quote! {
            const #constant: Attributes<#directory<Self>> = #placeholder;
        }
    });
    let (cmd, memory, tmr) = (code(driver.cmd), code(driver.cmd_memory), code(driver.tmr));
    let (data, session) = (code(driver.data.ty), code(driver.session));
    let (np, node_acl_state) = (code(driver.np), code(driver.node_acl_state));
    let init = init(input);
    let methods = input
        .plan
        .slots
        .iter()
        .filter(|slot| is_written(input, slot))
        .filter_map(|slot| Some(written_method(input, slot, slot.method()?)));
    quote! {
        #[vtable]
        impl Operations for Fabric {
            const NAME: &'static CStr = c_str!(#name);
            const PROTOCOL: Protocol = Protocol::#constant_name;
            #(#fields)*
            #(#attributes)*
            type Data = #data;
            type Wwn = #target_type;
            type Tpg = #portal_type;
            type Np = #np;
            type NodeAcl = #initiator_type;
            type NodeAclState = #node_acl_state;
            type Session = #session;
            type Cmd = #cmd;
            type CmdMemory = #memory;
            type Tmr = #tmr;
            #init
            #(#methods)*
        }
    }
}

/// The method that is no op: it makes the fabric's data.
fn init(input: &Input<'_>) -> TokenStream {
    let data = &input.data_path.driver.data;
    let (doc, body) = (doc(1, data.doc), code(data.init));
    let mut used = BTreeSet::new();
    idents(body.clone(), &mut used);
    let module = if used.contains("module") {
        ident("module")
    } else {
        ident("_module")
    };
    quote! { #doc fn init(#module: &'static ThisModule) -> Result<Self::Data> { #body } }
}

/// The fields of the ops that the data path sets.
fn fields(input: &Input<'_>) -> Vec<TokenStream> {
    let fields = KNOWN_FIELDS.iter().filter_map(|known| {
        let mut fields = input.data_path.driver.fields.iter();
        let (name, why, value) = fields.find(|(name, ..)| *name == known.name)?;
        let (name, ty, value) = (constant(name), ident(known.rust), code(value));
        let why = comment(1, why);
        Some(quote! { #why const #name: #ty = #value; })
    });
    fields.collect()
}

/// Whether the driver has a method for the op: those of the tree only where it needs one.
pub(super) fn is_written(input: &Input<'_>, slot: &Slot<'_>) -> bool {
    let Some(method) = slot.method() else {
        return false;
    };
    match (slot.op.required, method.shape) {
        (true, _) | (_, Shape::Init) => true,
        (_, Shape::InitiatorSid) => input.protocol.has_isid(),
        _ => {
            slot.op.category != Category::Configfs
                || (input.data_path.driver.body)(&slot.op.name, &Args::new(Vec::new())).is_some()
        }
    }
}

fn written_method(input: &Input<'_>, slot: &Slot<'_>, method: &Method<'_>) -> TokenStream {
    let name = c_ident(&slot.op.name);
    let (doc_text, body) = body(input, slot, method);
    let doc = doc(1, &doc_text);
    let mut used = BTreeSet::new();
    idents(body.clone(), &mut used);
    let args = method.args.iter().filter_map(|arg| {
        let (name, ty) = parameter(arg, &quote!(Self))?;
        // An argument that the body does not use gets an underscore.
        let name = if used.contains(&c_ident(name).to_string()) {
            c_ident(name)
        } else {
            ident(&format!("_{name}"))
        };
        Some(quote!(#name: #ty))
    });
    let ret = method_return(method.shape, slot.op);
    quote! { #doc fn #name(#(#args),*) #ret { #body } }
}

/// What a method does, and the sentence about it.
fn body(input: &Input<'_>, slot: &Slot<'_>, method: &Method<'_>) -> (String, TokenStream) {
    let args = method.args.iter().filter_map(|passed| {
        let (name, _) = parameter(passed, &quote!(Self))?;
        Some(c_ident(name))
    });
    let args = Args::new(args.collect());
    let first = args.get(0);
    let dir_name = argument(method, |passed| matches!(passed, Passed::Name(_)));
    if let Some(body) = (input.data_path.driver.body)(&slot.op.name, &args) {
        return (body.doc.to_owned(), body.code);
    }
    let PortNames {
        target_type,
        name_field,
        tag_field,
        ..
    } = PortNames::of(input.protocol);
    let known = match slot.op.name.as_str() {
        "tpg_get_wwn" => Some((
            "The name of the target port.",
            quote!(target::c_str(#first.wwn().data().#name_field.to_bytes_with_nul())),
        )),
        "tpg_get_tag" => Some((
            "The tag of the portal group.",
            quote!(#first.data().#tag_field),
        )),
        "tpg_get_default_depth" => Some((
            "One command at a time, until the wire can do more.",
            quote!(1),
        )),
        "tpg_get_inst_index" => Some(("There is one instance.", quote!(1))),
        _ => None,
    };
    if let Some((doc, body)) = known {
        return (doc.to_owned(), body);
    }
    let (doc, body) = match method.shape {
        Shape::Make(Object::Wwn) => (
            "Makes a target port of a valid name.",
            quote! {
                check_port_name(#dir_name)?;
                let #name_field = PortName::parse(#dir_name).ok_or(EINVAL)?;
                Ok(try_init!(#target_type { #name_field }))
            },
        ),
        Shape::Make(Object::Tpg) => (
            "Makes a portal group with the tag that its name says.",
            make_tpg(input, dir_name.as_ref()),
        ),
        Shape::Make(Object::Np) => ("Makes a network portal.", quote!(Ok(()))),
        Shape::Drop(Object::Wwn) => ("Nothing to stop: the port is not on a wire.", quote!()),
        Shape::Drop(_) => ("Nothing to stop: no session exists.", quote!()),
        Shape::Init => (
            "Accepts a list under the canonical name of an initiator port: the one that target core's \
             TransportIDs name.",
            quote!(check_port_name(#dir_name)),
        ),
        Shape::InitiatorSid => ("Does nothing: no session exists.", quote!(0)),
        Shape::Grant(Right::Pending) => (
            "No command arrives. Without a wire to fetch its data from it would fail.",
            quote!(),
        ),
        Shape::Grant(Right::Response) | Shape::Enable => {
            (nop_doc(slot.op.category), quote!(Ok(())))
        }
        Shape::Grant(_) | Shape::Abort | Shape::Close => (nop_doc(slot.op.category), quote!()),
        Shape::Call(ret) => (nop_call_doc(slot.op.category, ret), nop(ret)),
    };
    (doc.to_owned(), body)
}

fn make_tpg(input: &Input<'_>, dir_name: Option<&Ident>) -> TokenStream {
    let PortNames {
        portal_type,
        tag_field,
        ..
    } = PortNames::of(input.protocol);
    if input.data_path.driver.tpg_field.is_none() {
        return quote! {
            let #tag_field = target::tpg_tag(#dir_name)?;
            Ok(try_init!(#portal_type { #tag_field }))
        };
    }
    let group = ident(PINNED_GROUP);
    quote! {
        let tag = target::tpg_tag(#dir_name)?;
        Ok(#group)
    }
}

fn nop_doc(category: Category) -> &'static str {
    match category {
        Category::Command => "Does nothing: no command arrives.",
        Category::Session => "Does nothing: no session exists.",
        _ => "Changes nothing.",
    }
}

fn nop_call_doc(category: Category, ret: Return) -> &'static str {
    match (category, ret) {
        (Category::Command | Category::Session, _) | (_, Return::Nothing | Return::Errno) => {
            nop_doc(category)
        }
        (_, Return::Truth) => "No: the fabric has no such mode.",
        (_, Return::Number | Return::Text) => "None: the fabric has no such setting.",
    }
}

fn nop(ret: Return) -> TokenStream {
    match ret {
        Return::Nothing => quote!(),
        Return::Truth => quote!(false),
        Return::Errno => quote!(Ok(())),
        Return::Number => quote!(0),
        Return::Text => quote!(c_str!("")),
    }
}
