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
    let text = format!(
        "Called by target core for the op `{}`.\n\n# Safety\n\n\
         `{}` must be a command or task management function of this fabric, and one of its \
         references be given away with this call.",
        op.name, op.args[0].name
    );
    let arg = named(&op.args[0]);
    let safety = safety(2, BY_CONTRACT);
    let body = quote! {
        #safety
        unsafe { put_complete(#arg) }.into()
    };
    function(op, &text, &[param(&op.args[0], &arg)], &body)
}

fn callback_doc(op: &Op, method: &Method<'_>) -> String {
    let mut requirements: Vec<String> = method.args.iter().filter_map(requirement).collect();
    if let Shape::Drop(object) = method.shape {
        requirements.push(format!(
            "Nobody but target core may use the `struct {}` any more.",
            object.wrapper().c_struct()
        ));
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

/// What must hold of an argument, if anybody looks at it.
fn requirement(passed: &Passed<'_>) -> Option<String> {
    Some(match passed {
        Passed::Wrapper { name, wrapper } => wrapper.requirement(name),
        Passed::Aborted(name) => Wrapper::Task.requirement(name),
        Passed::Right { name, right } => right_requirement(name, *right),
        Passed::Login(name) => format!(
            "`{name}` must be a session of this fabric that target core has taken off the list of \
             its node ACL, and this the first call for it since."
        ),
        Passed::Name(name) => format!("`{name}` must end with NUL and not change in this call."),
        Passed::Buffer(name) => format!(
            "`{name}` must be initialized, and valid for writes of as many bytes as the argument \
             after it says."
        ),
        Passed::Data => "`group` must be the directory of the fabric.".to_owned(),
        Passed::Not | Passed::Value { .. } | Passed::Length(_) => return None,
    })
}

/// What target core guarantees when it grants a right to the command `name`.
fn right_requirement(name: &str, right: Right) -> String {
    match right {
        Right::Memory => format!(
            "`{name}` must be a command or task management function of this fabric, and nobody may \
             use it any more."
        ),
        Right::Pending => format!(
            "`{name}` must be a command of this fabric that waits for its data, until it is \
             executed or fails."
        ),
        Right::Response => format!(
            "`{name}` must be a command of this fabric whose response is due, and not be released \
             in this call."
        ),
        Right::TmrResponse => format!(
            "`{name}` must be a task management function of this fabric whose response is due, and \
             not be released in this call."
        ),
    }
}

const BY_CONTRACT: &str = "By function safety requirements.";

fn callback_body(op: &Op, method: &Method<'_>) -> TokenStream {
    let length = length(method);
    let lets = method
        .args
        .iter()
        .filter_map(|passed| converted(passed, &length));
    let call = call(op, method);
    let name = c_ident(&op.name);
    let result = match method.shape {
        Shape::Drop(object) => return dropped(op, object),
        Shape::Grant(Right::Memory) => return released(op),
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
            let safety = safety(2, "This is the op `aborted_task`.");
            quote! {
                #safety
                unsafe { #task.abort(T::#name) };
            }
        }
        Shape::Init => {
            let acl = wrapped(method, Wrapper::NodeAcl);
            let safety = safety(2, "The result is given to target core.");
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
            let safety = safety(2, "The result is given to target core.");
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
fn dropped(op: &Op, object: Object) -> TokenStream {
    let (name, implemented) = (c_ident(&op.name), has(&op.name));
    let arg = c_ident(&op.args[0].name);
    let wrapper = ident(object.wrapper().name());
    let (borrow, free) = (safety(3, BY_CONTRACT), safety(2, BY_CONTRACT));
    // No initiator logs in once the driver ends the sessions.
    let close = (object == Object::Tpg).then(|| {
        let borrow = safety(2, BY_CONTRACT);
        quote! { #borrow unsafe { #wrapper::<T>::from_raw(#arg) }.close(); }
    });
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
fn released(op: &Op) -> TokenStream {
    let (name, arg) = (c_ident(&op.name), c_ident(&op.args[0].name));
    let (borrow, free_tmr, free) = (
        safety(2, BY_CONTRACT),
        safety(3, BY_CONTRACT),
        safety(3, BY_CONTRACT),
    );
    quote! {
        #borrow
        let is_tmr = unsafe { Task::<T>::from_raw(#arg) }.is_tmr();
        if is_tmr {
            #free_tmr
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
fn converted(passed: &Passed<'_>, length: &TokenStream) -> Option<TokenStream> {
    let safety = safety(2, BY_CONTRACT);
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
