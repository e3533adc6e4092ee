// SPDX-License-Identifier: GPL-2.0-only

//! The callbacks, which target core calls and which call the driver's methods.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use tcm_bindings::{Arg, CType, Op};

use super::super::rust::{doc, safety};
use super::signature::{parameter, rust_type};
use crate::names::{c_ident, callback, has, ident};
use crate::plan::{
    ArgMapping, CmdHandle, Method, MethodKind, Object, Return, Slot, SlotContent, Wrapper,
};

/// The callback of an op; `None` if its slot stays `NULL`.
pub(super) fn callback_fn(slot: &Slot<'_>) -> Option<TokenStream> {
    let op = slot.op;
    Some(match &slot.content {
        SlotContent::Null => return None,
        SlotContent::Method(method) => {
            let params = op.args.iter().zip(&method.args).map(|(arg, mapping)| {
                let name = match mapping {
                    ArgMapping::Unused => quote!(_),
                    ArgMapping::FabricData => quote!(group),
                    _ => named(arg),
                };
                param(arg, &name)
            });
            let params: Vec<_> = params.collect();
            let text = callback_doc(op, method);
            function(op, &text, &params, &callback_body(op, method))
        }
        SlotContent::CheckStopFree => stop(op),
    })
}

fn named(arg: &Arg) -> TokenStream {
    let name = c_ident(&arg.name);
    quote!(#name)
}

fn param(arg: &Arg, name: &TokenStream) -> TokenStream {
    let ty = rust_type(&arg.ctype);
    quote!(#name: #ty)
}

fn function(op: &Op, text: &str, params: &[TokenStream], body: &TokenStream) -> TokenStream {
    let name = callback(&op.name);
    let ret = match &op.ret {
        CType::Void => quote!(),
        ret => {
            let ty = rust_type(ret);
            quote!(-> #ty)
        }
    };
    let doc = doc(1, text);
    quote! { #doc unsafe extern "C" fn #name(#(#params),*) #ret { #body } }
}

/// The callback of `check_stop_free`, which the layer implements.
fn stop(op: &Op) -> TokenStream {
    let what = "a command or task management function of this fabric, with a reference that this call \
                takes over";
    let name = &op.args[0].name;
    let text = format!(
        "Called by target core for the op `{}`.\n\n# Safety\n\n{}",
        op.name,
        must_be(name, what)
    );
    let arg = named(&op.args[0]);
    let safety = safety(2, &holds(name, what));
    let body = quote! {
        #safety
        unsafe { put_complete(#arg) }.into()
    };
    function(op, &text, &[param(&op.args[0], &arg)], &body)
}

fn callback_doc(op: &Op, method: &Method<'_>) -> String {
    let mut requirements: Vec<String> = method
        .args
        .iter()
        .filter_map(|mapping| requirement(method, mapping))
        .map(|(name, requirement)| must_be(name, &requirement))
        .collect();
    if let MethodKind::Drop(object) = method.kind {
        requirements.push(must_be(&op.args[0].name, given_up(object)));
    }
    let list = match requirements.as_slice() {
        [one] => one.clone(),
        many => many
            .iter()
            .map(|requirement| format!("- {requirement}"))
            .collect::<Vec<_>>()
            .join("\n"),
    };
    format!(
        "Called by target core for [`Operations::{name}`].\n\n# Safety\n\n{list}",
        name = c_ident(&op.name)
    )
}

/// The requirement on an argument, as part of a callback's contract.
fn must_be(name: &str, requirement: &str) -> String {
    format!("`{name}` must be {requirement}.")
}

/// The requirement on an argument, as the reason why an unsafe call is sound.
fn holds(name: &str, requirement: &str) -> String {
    format!("`{name}` is {requirement}, by the requirements of this callback.")
}

/// The `SAFETY` comment on the conversion of an argument; `None` if there is no requirement on it.
fn reason(depth: usize, method: &Method<'_>, mapping: &ArgMapping<'_>) -> Option<TokenStream> {
    let (name, requirement) = requirement(method, mapping)?;
    Some(safety(depth, &holds(name, &requirement)))
}

/// The name of an argument and the requirement on it, as the words after "must be"; `None` without one.
fn requirement<'a>(method: &Method<'_>, mapping: &ArgMapping<'a>) -> Option<(&'a str, String)> {
    let name = match mapping {
        ArgMapping::FabricData => "group",
        mapping => mapping.name()?,
    };
    let what = match mapping {
        ArgMapping::Wrapper { wrapper, .. } => wrapper.requirement(),
        ArgMapping::Aborted(_) => Wrapper::Task.requirement(),
        ArgMapping::Handle { handle, .. } => handle_requirement(*handle),
        ArgMapping::SessionData(_) => {
            "a session of this fabric that target core has removed from its node ACL's list, and for \
             which it makes this call once"
        }
        ArgMapping::Name(_) => "a text that ends with NUL and does not change during this call",
        ArgMapping::Buffer(_) => {
            let length = argument(method, |mapping| matches!(mapping, ArgMapping::Length(_)))?;
            let what = format!(
                "initialized, and valid for reads and writes of `{length}` bytes by this call alone"
            );
            return Some((name, what));
        }
        ArgMapping::FabricData => "the directory of the fabric, which keeps the fabric registered",
        ArgMapping::Unused | ArgMapping::Value { .. } | ArgMapping::Length(_) => return None,
    };
    Some((name, what.to_owned()))
}

/// The requirement on a command that is handed over.
fn handle_requirement(handle: CmdHandle) -> &'static str {
    match handle {
        CmdHandle::Memory => {
            "a command or task management function of this fabric without other users"
        }
        CmdHandle::Pending => {
            "a command of this fabric that waits for its data, and is kept until it is executed or \
             fails"
        }
        CmdHandle::Response => {
            "a command of this fabric whose response is due, and not released during this call"
        }
        CmdHandle::TmrResponse => {
            "a task management function of this fabric whose response is due, and not released \
             during this call"
        }
    }
}

/// The requirement on an object that target core drops.
fn given_up(object: Object) -> &'static str {
    match object {
        Object::Tpg => "used only by holders of a reference during this call, and unused after it",
        Object::Wwn | Object::Np => "unused by others during this call, and unused after it",
    }
}

fn callback_body(op: &Op, method: &Method<'_>) -> TokenStream {
    let length = length(method);
    let lets = method
        .args
        .iter()
        .filter_map(|mapping| converted(method, mapping, &length));
    let call = call(op, method);
    let name = c_ident(&op.name);
    let result = match method.kind {
        MethodKind::Drop(object) => return dropped(op, method, object),
        MethodKind::HandOver(CmdHandle::Memory) => return released(op, method),
        MethodKind::Call(Return::Void) | MethodKind::CloseSession => quote!(#call;),
        MethodKind::Call(Return::Bool) => quote!(#call.into()),
        MethodKind::Call(Return::Errno) => quote!(errno(#call)),
        MethodKind::EnableTpg => {
            let tpg = wrapped(method, Wrapper::Tpg);
            let enable = argument(method, |mapping| {
                matches!(mapping, ArgMapping::Value { .. })
            });
            quote!(errno(#tpg.enable(#enable, || #call)))
        }
        MethodKind::HandOver(CmdHandle::Pending) => quote! { #call; 0 },
        MethodKind::HandOver(CmdHandle::Response) => quote!(response_errno(#call)),
        MethodKind::HandOver(CmdHandle::TmrResponse) => {
            let response = argument(method, |mapping| {
                matches!(mapping, ArgMapping::Handle { .. })
            });
            quote! {
                if let Some(#response) = #response {
                    #call;
                }
            }
        }
        MethodKind::Call(Return::Number) => quote!(#call),
        MethodKind::AbortTask => {
            let task = argument(method, |mapping| matches!(mapping, ArgMapping::Aborted(_)));
            let safety = safety(
                2,
                "This is the op `aborted_task`, which target core calls once for a task.",
            );
            quote! {
                #safety
                unsafe { #task.abort(T::#name) };
            }
        }
        MethodKind::InitNodeAcl => {
            let acl = wrapped(method, Wrapper::NodeAcl);
            let safety = safety(
                2,
                "The callback returns the result to target core, as that of this op.",
            );
            quote! {
                let result = #call;
                #safety
                unsafe { #acl.made(result) }
            }
        }
        MethodKind::Unlink => {
            let (tpg, lun) = (wrapped(method, Wrapper::Tpg), wrapped(method, Wrapper::Lun));
            let safety = safety(2, "This is the op `fabric_pre_unlink` for the LUN.");
            quote! { #safety unsafe { #tpg.begin_unlink(#lun) }; #call; }
        }
        MethodKind::Call(Return::CStr) => quote!(bounded(#call)),
        MethodKind::Call(Return::Groups) => {
            let wwn = wrapped(method, Wrapper::Wwn);
            let safety = safety(2, "This is the op `add_wwn_groups` for the target port.");
            quote!(#safety unsafe { #wwn.add_groups(#call) };)
        }
        MethodKind::Make(Object::Wwn) => {
            quote! {
                let wwn = #call;
                err_ptr(wwn.and_then(|wwn| Wwn::<T>::create(data, wwn)))
            }
        }
        MethodKind::Make(Object::Tpg) => {
            let wwn = wrapped(method, Wrapper::Wwn);
            let safety = safety(
                2,
                "The callback returns the result to target core, as that of this op.",
            );
            quote! {
                let data = #call;
                #safety
                err_ptr(data.and_then(|data| unsafe { Tpg::create(#wwn, data) }))
            }
        }
        MethodKind::Make(Object::Np) => quote!(err_ptr(#call.and_then(Np::<T>::create))),
        MethodKind::InitiatorSid => {
            let buffer = argument(method, |mapping| matches!(mapping, ArgMapping::Buffer(_)));
            let session = wrapped(method, Wrapper::Session);
            quote!(filled(#buffer, |room| T::#name(#session, room)))
        }
    };
    quote! { #(#lets)* #result }
}

/// The body that takes an object back from target core.
fn dropped(op: &Op, method: &Method<'_>, object: Object) -> TokenStream {
    let (name, implemented) = (c_ident(&op.name), has(&op.name));
    let arg = c_ident(&op.args[0].name);
    let wrapper = ident(object.wrapper().name());
    let borrow = |depth| reason(depth, method, &method.args[0]);
    let free = format!("from `{wrapper}::create`, {}", given_up(object));
    let free = safety(2, &holds(&op.args[0].name, &free));
    // The group is closed first, so that no initiator logs in while the driver ends the sessions.
    let close = (object == Object::Tpg).then(|| {
        let borrow = borrow(2);
        quote! { #borrow unsafe { #wrapper::<T>::from_raw(#arg) }.close(); }
    });
    let borrow = borrow(3);
    quote! {
        #close
        if T::#implemented {
            #borrow
            T::#name(unsafe { #wrapper::<T>::from_raw(#arg) });
        }
        #free
        unsafe { #wrapper::<T>::destroy(#arg) };
    }
}

/// The body that gives the memory of a command back to the driver.
fn released(op: &Op, method: &Method<'_>) -> TokenStream {
    let (name, arg) = (c_ident(&op.name), c_ident(&op.args[0].name));
    let reason = |depth| reason(depth, method, &method.args[0]);
    let (borrow, free) = (reason(2), reason(3));
    quote! {
        #borrow
        let is_tmr = unsafe { Task::<T>::from_raw(#arg) }.is_tmr();
        if is_tmr {
            #free
            unsafe { Tmr::<T>::release(#arg) };
        } else {
            #free
            T::#name(unsafe { Cmd::<T>::release(#arg) });
        }
    }
}

/// The name of the first argument with this mapping.
pub(super) fn argument(
    method: &Method<'_>,
    is_it: impl FnMut(&&ArgMapping<'_>) -> bool,
) -> Option<Ident> {
    method.args.iter().find(is_it)?.name().map(c_ident)
}

/// The name of the argument that becomes this wrapper.
fn wrapped(method: &Method<'_>, wanted: Wrapper) -> Option<Ident> {
    argument(
        method,
        |mapping| matches!(mapping, ArgMapping::Wrapper { wrapper, .. } if *wrapper == wanted),
    )
}

/// The name of the argument with the length of a buffer; empty without one.
fn length(method: &Method<'_>) -> TokenStream {
    let name = argument(method, |mapping| matches!(mapping, ArgMapping::Length(_)));
    quote!(#name)
}

/// The statement that converts a callback's argument to the method's.
fn converted(
    method: &Method<'_>,
    mapping: &ArgMapping<'_>,
    length: &TokenStream,
) -> Option<TokenStream> {
    let safety = reason(2, method, mapping);
    Some(match mapping {
        ArgMapping::Wrapper { name, wrapper } => {
            let (name, ty) = (c_ident(name), ident(wrapper.name()));
            let ty = if wrapper.is_generic() {
                quote!(#ty::<T>)
            } else {
                quote!(#ty)
            };
            quote! { #safety let #name = unsafe { #ty::from_raw(#name) }; }
        }
        ArgMapping::Handle { name, handle } => {
            let name = c_ident(name);
            let ty = match handle {
                CmdHandle::Memory => return None,
                CmdHandle::Pending => quote!(Pending::<T>),
                CmdHandle::Response => quote!(Response::<T>),
                CmdHandle::TmrResponse => quote!(TmrResponse::<T>),
            };
            quote! { #safety let #name = unsafe { #ty::from_raw(#name) }; }
        }
        ArgMapping::FabricData => {
            quote! {
                #safety
                let data = unsafe { registration::data::<T>(&raw mut (*group).cg_item) };
            }
        }
        ArgMapping::Aborted(name) => {
            let name = c_ident(name);
            quote! { #safety let #name = unsafe { Task::<T>::from_raw(#name) }; }
        }
        ArgMapping::SessionData(name) => {
            let name = c_ident(name);
            quote! { #safety let #name = unsafe { SessionData::<T>::close(#name) }; }
        }
        ArgMapping::Name(name) => {
            let name = c_ident(name);
            quote! { #safety let #name = unsafe { bstr(#name) }; }
        }
        ArgMapping::Buffer(name) => {
            let name = c_ident(name);
            quote! {
                #safety
                let #name = unsafe { core::slice::from_raw_parts_mut(#name, #length as usize) };
            }
        }
        _ => return None,
    })
}

/// The call of the method.
fn call(op: &Op, method: &Method<'_>) -> TokenStream {
    let name = c_ident(&op.name);
    let args = method.args.iter().filter_map(|mapping| {
        let (name, _) = parameter(mapping, &quote!(T))?;
        let name = c_ident(name);
        Some(match mapping {
            ArgMapping::SessionData(_) => quote!(&#name),
            _ => quote!(#name),
        })
    });
    quote!(T::#name(#(#args),*))
}
