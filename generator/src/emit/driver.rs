// SPDX-License-Identifier: GPL-2.0-only

//! The driver, `tcm_NAME.rs`: the author's file, in safe Rust.
//!
//! Written once, with a method for every op of a command, a session, a portal group or a node ACL,
//! and for what makes and drops the configfs tree. It moves no data: no session is ever made, so
//! no command arrives.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::{format_ident, quote};
use tcm_bindings::Category;

use super::Input;
use super::fabric_ops::{method_return, parameter};
use super::rust::{doc, file_doc, text as file_text};
use crate::check::{Method, Passed, Slot};
use crate::names::{constant, directory, ident};
use crate::ops::{Object, Return, Shape};

/// What stands for the attributes in the tokens, until they are printed.
const VERSION_ATTRIBUTES: &str = "__VERSION_ATTRIBUTES__";

/// The text of the driver.
pub(super) fn text(input: &Input<'_>) -> String {
    let head = head(input);
    let imports = imports(input);
    let module = module(input);
    let types = types(input);
    let operations = operations(input);
    file_text(
        &head,
        &quote! { #imports MODULE! {} #module #types #operations },
    )
    .replace("MODULE! {}", &module_macro(input))
    .replace(
        VERSION_ATTRIBUTES,
        "attributes!(WwnAttrs<Fabric> { version: Version })",
    )
}

/// The call of `module!`, as text: its fields are not Rust, so no printer would know them.
fn module_macro(input: &Input<'_>) -> String {
    let names = input.names;
    format!(
        "module! {{\n    type: {},\n    name: \"{}\",\n    description: \"{} target fabric for \
         {}\",\n    license: \"GPL\",\n}}",
        names.module_type(),
        names.module(),
        names.fabric(),
        input.protocol.title
    )
}

fn head(input: &Input<'_>) -> String {
    let (fabric, title) = (input.names.fabric(), input.protocol.title);
    let registered = if input.registered == input.protocol {
        String::new()
    } else {
        let name = input.registered.name;
        format!(" Target core is told {name}, which names ports the same way.")
    };
    let left_out: Vec<_> = input
        .plan
        .slots
        .iter()
        .filter(|slot| slot.method.is_some() && !is_written(input, slot))
        .map(|slot| format!("`{}`", slot.op.name))
        .collect();
    let left_out = if left_out.is_empty() {
        String::new()
    } else {
        format!(
            "\n\nOps that it leaves to target core, each a method of [`Operations`] to add: {}.",
            left_out.join(", ")
        )
    };
    let text = format!(
        "{fabric}: a SCSI target fabric for {title}.\n\n\
         A skeleton made by tcm-mod-builder, to be changed at will. It answers configfs: target \
         ports, portal groups and node ACLs come and go. It does not move data: where the wire \
         belongs, a method does nothing and says so.{registered}{left_out}"
    );
    format!(
        "// SPDX-License-Identifier: GPL-2.0-only\n\n{}",
        file_doc(&text)
    )
}

fn imports(input: &Input<'_>) -> TokenStream {
    let wwn_attrs = version_group(input).map(|_| quote!(WwnAttrs,));
    let attribute = version_group(input).map(|_| quote!(Attribute, Attributes, Page, attributes,));
    let session = wrapper_used(input, "Session").then(|| quote!(Session,));
    let lun = wrapper_used(input, "Lun").then(|| quote!(Lun,));
    quote! {
        mod bindings;
        mod fabric_ops;
        mod target;
        mod transport_id;
        use kernel::{c_str, prelude::*, str::BStr};
        use crate::{
            fabric_ops::Operations,
            target::{#attribute Cmd, #lun NodeAcl, Protocol, Registration, #session Tpg, #wwn_attrs Wwn},
            transport_id::PortName,
        };
    }
}

fn wrapper_used(input: &Input<'_>, wanted: &str) -> bool {
    let written = input
        .plan
        .slots
        .iter()
        .filter(|slot| is_written(input, slot));
    let args = written
        .filter_map(|slot| slot.method.as_ref())
        .flat_map(|method| &method.args);
    args.into_iter()
        .any(|arg| matches!(arg, Passed::Wrapper { wrapper, .. } if *wrapper == wanted))
}

fn module(input: &Input<'_>) -> TokenStream {
    let ty = input.names.module_type();
    let doc = doc(
        0,
        "The loaded module: it keeps the fabric registered with target core.",
    );
    quote! {
        #doc
        struct #ty {
            _registration: Registration<Fabric>,
        }
        impl kernel::Module for #ty {
            fn init(module: &'static ThisModule) -> Result<Self> {
                Ok(Self { _registration: Registration::new(module)? })
            }
        }
    }
}

fn types(input: &Input<'_>) -> TokenStream {
    let protocol = input.protocol;
    let (target, initiator) = (protocol.ports.target, protocol.ports.initiator);
    let target_type = ident(&capitalized(target));
    let portal_type = format_ident!("{}Group", capitalized(target));
    let initiator_type = ident(&capitalized(initiator));
    let (name_field, tag_field) = (
        format_ident!("{target}_name"),
        format_ident!("{target}_tpgt"),
    );
    let fabric = input.names.fabric();
    let fabric_doc = doc(
        0,
        &format!("The {fabric} fabric: what target core asks of it."),
    );
    let target_doc = doc(0, &format!("A target port, `{fabric}/$WWN`."));
    let tpg_doc = doc(
        0,
        &format!("A portal group of a target port, `{fabric}/$WWN/tpgt_$TAG`."),
    );
    let acl_doc = doc(
        0,
        &format!(
            "An initiator port that may log in, `{fabric}/$WWN/tpgt_$TAG/acls/$INITIATOR`.\n\n\
             Target core makes it all zero and frees it without dropping it, so a field must be \
             valid at zero, and change through a shared reference."
        ),
    );
    let version = version_group(input).map(|_| version(input));
    let refused_doc = doc(
        0,
        "Tells the log what a port's name should be, and gives the error.",
    );
    quote! {
        #fabric_doc
        struct Fabric;
        #target_doc
        struct #target_type {
            #name_field: PortName,
        }
        #tpg_doc
        struct #portal_type {
            #tag_field: u16,
        }
        #acl_doc
        #[derive(Zeroable)]
        struct #initiator_type {}
        #version
        #refused_doc
        fn refused(name: &BStr, form: &str) -> Error {
            pr_err!("port name {}: want {}\n", name, form);
            EINVAL
        }
    }
}

/// The attribute group of the fabric's directory, where `version` is, if the header has it.
fn version_group<'a>(input: &Input<'a>) -> Option<&'a str> {
    let mut groups = input.plan.groups.iter().copied();
    groups.find(|group| *group == "tfc_wwn_attrs")
}

fn version(input: &Input<'_>) -> TokenStream {
    let fabric = input.names.fabric();
    let doc = doc(
        0,
        &format!("`{fabric}/version`: the version of the fabric module."),
    );
    let text = format!("{} fabric module 0.1", input.names.kconfig());
    quote! {
        #doc
        struct Version;
        #[vtable]
        impl Attribute for Version {
            type Directory = WwnAttrs<Fabric>;
            fn show((): &(), page: &mut Page<'_>) -> Result {
                writeln!(page, #text)
            }
        }
    }
}

fn operations(input: &Input<'_>) -> TokenStream {
    let protocol = input.protocol;
    let name = input.names.fabric();
    let constant_name = ident(input.registered.constant);
    let target_type = ident(&capitalized(protocol.ports.target));
    let portal_type = format_ident!("{}Group", capitalized(protocol.ports.target));
    let initiator_type = ident(&capitalized(protocol.ports.initiator));
    let attributes = version_group(input).map(|group| {
        let (constant, directory) = (constant(group), directory(group));
        let placeholder = ident(VERSION_ATTRIBUTES);
        quote! {
            const #constant: Attributes<#directory<Self>> = #placeholder;
        }
    });
    let methods = input
        .plan
        .slots
        .iter()
        .filter(|slot| is_written(input, slot))
        .filter_map(|slot| {
            let method = slot.method.as_ref()?;
            Some(written_method(input, slot, method))
        });
    quote! {
        #[vtable]
        impl Operations for Fabric {
            const NAME: &'static CStr = c_str!(#name);
            const PROTOCOL: Protocol = Protocol::#constant_name;
            #attributes
            type Wwn = #target_type;
            type Tpg = #portal_type;
            type Np = ();
            type NodeAcl = #initiator_type;
            #(#methods)*
        }
    }
}

/// Whether the driver has a method for the op: those of the tree only where it needs one.
fn is_written(input: &Input<'_>, slot: &Slot<'_>) -> bool {
    let Some(method) = &slot.method else {
        return false;
    };
    match (slot.op.required, method.meaning.shape) {
        (true, _) | (_, Shape::Init) => true,
        (_, Shape::InitiatorSid) => input.protocol.has_isid,
        _ => slot.op.category != Category::Configfs,
    }
}

fn written_method(input: &Input<'_>, slot: &Slot<'_>, method: &Method<'_>) -> TokenStream {
    let name = ident(&slot.op.name);
    let (doc_text, body) = body(input, slot, method);
    let doc = doc(1, &doc_text);
    let mut used = BTreeSet::new();
    idents(body.clone(), &mut used);
    let args = method.args.iter().filter_map(|arg| {
        let (name, ty) = parameter(arg, &quote!(Self))?;
        // An argument that the body does not use gets an underscore.
        let name = if used.contains(name) {
            ident(name)
        } else {
            ident(&format!("_{name}"))
        };
        Some(quote!(#name: #ty))
    });
    let ret = method_return(method.meaning.shape, slot.op);
    quote! { #doc fn #name(#(#args),*) #ret { #body } }
}

/// Every identifier in `tokens`.
fn idents(tokens: TokenStream, found: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => drop(found.insert(ident.to_string())),
            TokenTree::Group(group) => idents(group.stream(), found),
            _ => {}
        }
    }
}

/// What a method does, and the sentence about it.
fn body(input: &Input<'_>, slot: &Slot<'_>, method: &Method<'_>) -> (String, TokenStream) {
    let name = |wanted: fn(&Passed<'_>) -> bool| {
        let found = method.args.iter().find(|passed| wanted(passed));
        found
            .and_then(|passed| parameter(passed, &quote!(Self)))
            .map(|(name, _)| ident(name))
    };
    let first = name(|passed| *passed != Passed::Not);
    let dir_name = name(|passed| matches!(passed, Passed::Name(_)));
    let target = input.protocol.ports.target;
    let target_type = ident(&capitalized(target));
    let portal_type = format_ident!("{}Group", capitalized(target));
    let (name_field, tag_field) = (
        format_ident!("{target}_name"),
        format_ident!("{target}_tpgt"),
    );
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
        "check_stop_free" => Some((
            "Does nothing: no command arrives. A driver drops its reference here with \
             target_put_sess_cmd().",
            quote!(false),
        )),
        _ => None,
    };
    if let Some((doc, body)) = known {
        return (doc.to_owned(), body);
    }
    let (doc, body) = match method.meaning.shape {
        Shape::Make(Object::Wwn) => (
            "Makes a target port of a valid name.",
            quote! {
                let #name_field =
                    PortName::parse(#dir_name).ok_or_else(|| refused(#dir_name, PortName::FORM))?;
                Ok(try_init!(#target_type { #name_field }))
            },
        ),
        Shape::Make(Object::Tpg) => (
            "Makes a portal group with the tag that its name says.",
            quote! {
                let #tag_field = target::tpg_tag(#dir_name)?;
                Ok(try_init!(#portal_type { #tag_field }))
            },
        ),
        Shape::Make(Object::Np) => ("Makes a network portal.", quote!(Ok(()))),
        Shape::Drop(Object::Wwn) => ("Nothing to stop: the port is not on a wire.", quote!()),
        Shape::Drop(_) => ("Nothing to stop: no session exists.", quote!()),
        Shape::Init => (
            "Refuses a name that target core could make no TransportID of.",
            quote! {
                if PortName::is_valid_initiator(#dir_name) {
                    Ok(())
                } else {
                    Err(refused(#dir_name, PortName::INITIATOR_FORM))
                }
            },
        ),
        Shape::InitiatorSid => ("Does nothing: no session exists.", quote!(0)),
        Shape::Call(ret) => (nop_doc(slot.op.category), nop(ret)),
    };
    (doc.to_owned(), body)
}

fn nop_doc(category: Category) -> &'static str {
    match category {
        Category::Command => "Does nothing: no command arrives.",
        Category::Session => "Does nothing: no session exists.",
        _ => "As target core has it by default.",
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

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_ascii_uppercase() + rest
}
