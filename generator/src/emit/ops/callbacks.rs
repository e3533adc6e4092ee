// SPDX-License-Identifier: GPL-2.0-only

//! The callbacks: what target core calls, and how it reaches the driver's method.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use tcm_bindings::{Arg, CType, Op};

use super::super::rust::{doc, safety};
use super::signature::{parameter, rust_type};
use crate::names::{c_ident, callback, has, ident};
use crate::plan::{Content, Method, Object, Passed, Return, Right, Shape, Slot, Wrapper};

/// The callback of an op, unless its slot stays `NULL`.
pub(super) fn callback_fn(slot: &Slot<'_>) -> Option<TokenStream> {
    let op = slot.op;
    Some(match &slot.content {
        Content::Null => return None,
        Content::Method(method) => {
            let params = op.args.iter().zip(&method.args).map(|(arg, passed)| {
                let name = match passed {
                    Passed::Not => quote!(_),
                    Passed::Data => quote!(group),
                    _ => named(arg),
                };
                param(arg, &name)
            });
            let params: Vec<_> = params.collect();
            let text = callback_doc(op, method);
            function(op, &text, &params, &callback_body(op, method))
        }
        Content::Stop => stop(op),
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

/// The callback of `check_stop_free`, which no driver has a say in.
fn stop(op: &Op) -> TokenStream {
    let what = "a command or task management function of this fabric, one of whose references is \
                given away with this call";
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
        .filter_map(|passed| requirement(method, passed))
        .map(|(name, requirement)| must_be(name, &requirement))
        .collect();
    if let Shape::Drop(object) = method.shape {
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

/// The requirement on an argument, as the contract of a callback has it.
fn must_be(name: &str, requirement: &str) -> String {
    format!("`{name}` must be {requirement}.")
}

/// The same requirement, as the reason why an unsafe call is sound.
fn holds(name: &str, requirement: &str) -> String {
    format!("`{name}` is {requirement}, by the requirements of this callback.")
}

/// The `SAFETY` comment of the conversion of an argument, if there is a requirement on it.
fn reason(depth: usize, method: &Method<'_>, passed: &Passed<'_>) -> Option<TokenStream> {
    let (name, requirement) = requirement(method, passed)?;
    Some(safety(depth, &holds(name, &requirement)))
}

/// The requirement on an argument, if there is one: its name, and the words after "must be".
fn requirement<'a>(method: &Method<'_>, passed: &Passed<'a>) -> Option<(&'a str, String)> {
    let name = match passed {
        Passed::Data => "group",
        passed => passed.name()?,
    };
    let what = match passed {
        Passed::Wrapper { wrapper, .. } => wrapper.requirement(),
        Passed::Aborted(_) => Wrapper::Task.requirement(),
        Passed::Right { right, .. } => right_requirement(*right),
        Passed::Login(_) => {
            "a session of this fabric that target core has taken off the list of its node ACL, and \
             for which it makes this call once"
        }
        Passed::Name(_) => "a text that ends with NUL and does not change during this call",
        Passed::Buffer(_) => {
            let length = argument(method, |passed| matches!(passed, Passed::Length(_)))?;
            let what = format!(
                "initialized, and valid for reads and writes of `{length}` bytes by this call alone"
            );
            return Some((name, what));
        }
        Passed::Data => "the directory of the fabric, which keeps the fabric registered",
        Passed::Not | Passed::Value { .. } | Passed::Length(_) => return None,
    };
    Some((name, what.to_owned()))
}

/// The requirement on a command that target core grants a right to.
fn right_requirement(right: Right) -> &'static str {
    match right {
        Right::Memory => {
            "a command or task management function of this fabric that nobody uses any more"
        }
        Right::Pending => {
            "a command of this fabric that waits for its data, and is kept until it is executed or \
             fails"
        }
        Right::Response => {
            "a command of this fabric whose response is due, and not released during this call"
        }
        Right::TmrResponse => {
            "a task management function of this fabric whose response is due, and not released \
             during this call"
        }
    }
}

/// The requirement on an object that target core gives back.
fn given_up(object: Object) -> &'static str {
    match object {
        Object::Tpg => {
            "used by nobody else but holders of a reference, and by nobody after this call"
        }
        Object::Wwn | Object::Np => "used by nobody else, and by nobody after this call",
    }
}

fn callback_body(op: &Op, method: &Method<'_>) -> TokenStream {
    let length = length(method);
    let lets = method
        .args
        .iter()
        .filter_map(|passed| converted(method, passed, &length));
    let call = call(op, method);
    let name = c_ident(&op.name);
    let result = match method.shape {
        Shape::Drop(object) => return dropped(op, method, object),
        Shape::Grant(Right::Memory) => return released(op, method),
        Shape::Call(Return::Nothing) | Shape::Close => quote!(#call;),
        Shape::Call(Return::Truth) => quote!(#call.into()),
        Shape::Call(Return::Errno) => quote!(errno(#call)),
        Shape::Enable => {
            let tpg = wrapped(method, Wrapper::Tpg);
            let enable = argument(method, |passed| matches!(passed, Passed::Value { .. }));
            quote!(errno(#tpg.enable(#enable, || #call)))
        }
        Shape::Grant(Right::Pending) => quote! { #call; 0 },
        Shape::Grant(Right::Response) => quote!(response_errno(#call)),
        Shape::Grant(Right::TmrResponse) => {
            let response = argument(method, |passed| matches!(passed, Passed::Right { .. }));
            quote! {
                if let Some(#response) = #response {
                    #call;
                }
            }
        }
        Shape::Call(Return::Number) => quote!(#call),
        Shape::Abort => {
            let task = argument(method, |passed| matches!(passed, Passed::Aborted(_)));
            let safety = safety(
                2,
                "This is the op `aborted_task`, which target core calls once for a task.",
            );
            quote! {
                #safety
                unsafe { #task.abort(T::#name) };
            }
        }
        Shape::Init => {
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
        Shape::Call(Return::Text) => quote!(bounded(#call)),
        Shape::Make(Object::Wwn) => {
            quote! {
                let wwn = #call;
                err_ptr(wwn.and_then(|wwn| Wwn::<T>::create(data, wwn)))
            }
        }
        Shape::Make(Object::Tpg) => {
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
        Shape::Make(Object::Np) => quote!(err_ptr(#call.and_then(Np::<T>::create))),
        Shape::InitiatorSid => {
            let buffer = argument(method, |passed| matches!(passed, Passed::Buffer(_)));
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
    // No initiator logs in once the driver ends the sessions.
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

/// The name of the first argument that is passed on in a certain way.
pub(super) fn argument(
    method: &Method<'_>,
    is_it: impl FnMut(&&Passed<'_>) -> bool,
) -> Option<Ident> {
    method.args.iter().find(is_it)?.name().map(c_ident)
}

/// The argument that is passed on as this wrapper.
fn wrapped(method: &Method<'_>, wanted: Wrapper) -> Option<Ident> {
    argument(
        method,
        |passed| matches!(passed, Passed::Wrapper { wrapper, .. } if *wrapper == wanted),
    )
}

/// The argument that says how long a buffer is, if there is one.
fn length(method: &Method<'_>) -> TokenStream {
    let name = argument(method, |passed| matches!(passed, Passed::Length(_)));
    quote!(#name)
}

/// The statement that makes the method's argument from the callback's.
fn converted(
    method: &Method<'_>,
    passed: &Passed<'_>,
    length: &TokenStream,
) -> Option<TokenStream> {
    let safety = reason(2, method, passed);
    Some(match passed {
        Passed::Wrapper { name, wrapper } => {
            let (name, ty) = (c_ident(name), ident(wrapper.name()));
            let ty = if wrapper.is_generic() {
                quote!(#ty::<T>)
            } else {
                quote!(#ty)
            };
            quote! { #safety let #name = unsafe { #ty::from_raw(#name) }; }
        }
        Passed::Right { name, right } => {
            let name = c_ident(name);
            let ty = match right {
                Right::Memory => return None,
                Right::Pending => quote!(Pending::<T>),
                Right::Response => quote!(Response::<T>),
                Right::TmrResponse => quote!(TmrResponse::<T>),
            };
            quote! { #safety let #name = unsafe { #ty::from_raw(#name) }; }
        }
        Passed::Data => {
            quote! {
                #safety
                let data = unsafe { registration::data::<T>(&raw mut (*group).cg_item) };
            }
        }
        Passed::Aborted(name) => {
            let name = c_ident(name);
            quote! { #safety let #name = unsafe { Task::<T>::from_raw(#name) }; }
        }
        Passed::Login(name) => {
            let name = c_ident(name);
            quote! { #safety let #name = unsafe { Login::<T>::close(#name) }; }
        }
        Passed::Name(name) => {
            let name = c_ident(name);
            quote! { #safety let #name = unsafe { bstr(#name) }; }
        }
        Passed::Buffer(name) => {
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
    let args = method.args.iter().filter_map(|passed| {
        let (name, _) = parameter(passed, &quote!(T))?;
        let name = c_ident(name);
        Some(match passed {
            Passed::Login(_) => quote!(&#name),
            _ => quote!(#name),
        })
    });
    quote!(T::#name(#(#args),*))
}
