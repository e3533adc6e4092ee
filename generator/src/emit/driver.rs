// SPDX-License-Identifier: GPL-2.0-only

//! The driver, `tcm_NAME.rs`: the author's file, in safe Rust.
//!
//! Written once, with a method for every op of a command, a session, a portal group or a node ACL,
//! and for what makes and drops the configfs tree. Without a data path no session is ever made, so
//! no command arrives; with one the methods hand over to its file.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{format_ident, quote};
use tcm_bindings::Category;

use super::fabric_ops::{argument, method_return, parameter};
use super::rust::{comment, doc, file_doc, text as file_text};
use super::{DataPath, Input, UnitTests, loopback};
use crate::check::{Method, Passed, PlanField, Slot};
use crate::names::{constant, directory, ident};
use crate::ops::{Object, Return, Right, Shape};

/// What a driver may use of `command.rs`; it imports what it does use.
const COMMAND_TYPES: [&str; 8] = [
    "BoxedCmd",
    "Pending",
    "Reference",
    "Response",
    "Session",
    "Task",
    "TaskKind",
    "TmrResponse",
];

/// What a driver may use of `target.rs`.
const TARGET_TYPES: [&str; 12] = [
    "Attribute",
    "Attributes",
    "Lun",
    "NodeAcl",
    "Page",
    "Protocol",
    "Registration",
    "Tpg",
    "TpgAttribAttrs",
    "TpgBaseAttrs",
    "Wwn",
    "WwnAttrs",
];

/// What stands for the initializer of a portal group in the tokens, until they are printed.
const LINKED_GROUP: &str = "__LINKED_GROUP__";

/// The text of the driver.
pub(super) fn text(input: &Input<'_>) -> String {
    let head = head(input);
    let module = module(input);
    let types = types(input);
    let operations = operations(input);
    let items = quote! { #module #types #operations };
    let imports = imports(input, &items);
    let mut text = file_text(&head, &quote! { #imports MODULE! {} #items })
        .replace("MODULE! {}", &module_macro(input));
    for (group, attributes) in groups(input) {
        text = text.replace(&placeholder(group), &attributes_macro(group, attributes));
    }
    text.replace(LINKED_GROUP, &linked_group(input))
}

/// The call of `attributes!`, as text.
fn attributes_macro(group: &str, attributes: &[(&str, &str)]) -> String {
    let directory = directory(group);
    if let [(name, ty)] = attributes {
        return format!("attributes!({directory}<Fabric> {{ {name}: {ty} }})");
    }
    let lines: String = attributes
        .iter()
        .map(|(name, ty)| format!("        {name}: {ty},\n"))
        .collect();
    format!("attributes!({directory}<Fabric> {{\n{lines}    }})")
}

/// The initializer of a portal group that has a link, as text: `<-` is not Rust.
fn linked_group(input: &Input<'_>) -> String {
    let target = input.protocol.ports.target;
    format!(
        "try_pin_init!({}Group {{\n            {target}_tpgt: tag,\n            \
         link <- loopback::Link::new(tag),\n        }})",
        capitalized(target)
    )
}

/// What stands for the attributes of a group in the tokens, until they are printed: the call of
/// `attributes!` is not an expression that a printer would know.
fn placeholder(group: &str) -> String {
    format!("__{group}__")
}

/// The groups that the driver has attributes in, of those that the header has: for each its
/// attributes, by file name and type.
fn groups<'a>(input: &Input<'a>) -> Vec<(&'a str, &'static [(&'static str, &'static str)])> {
    let attributes = |group: &str| -> Option<&'static [_]> {
        let own = loopback::ATTRIBUTES
            .into_iter()
            .find(|(name, _)| *name == group);
        match (group, input.data_path) {
            ("tfc_wwn_attrs", _) => Some(&[("version", "Version")]),
            (_, DataPath::Loopback(_)) => own.map(|(_, attributes)| attributes),
            (_, DataPath::Nop) => None,
        }
    };
    let groups = input.plan.groups.iter().copied();
    groups
        .filter_map(|group| Some((group, attributes(group)?)))
        .collect()
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
    let data_path = match input.data_path {
        DataPath::Nop => {
            "It does not move data: where the wire belongs, a method does nothing and says so."
        }
        DataPath::Loopback(_) => {
            "It moves data between a SCSI host of this machine and target core: where the wire \
             belongs, a method hands over to `loopback.rs`."
        }
    };
    let text = format!(
        "{fabric}: a SCSI target fabric for {title}.\n\n\
         A skeleton made by tcm-mod-builder, to be changed at will. It answers configfs: target \
         ports, portal groups and node ACLs come and go. {data_path}{registered}{left_out}"
    );
    format!(
        "// SPDX-License-Identifier: GPL-2.0-only\n\n{}",
        file_doc(&text)
    )
}

fn imports(input: &Input<'_>, items: &TokenStream) -> TokenStream {
    let mut used = BTreeSet::new();
    idents(items.clone(), &mut used);
    let of = |types: &[&'static str]| -> Vec<_> {
        let types = types.iter().copied();
        types
            .filter(|name| used.contains(*name))
            .map(ident)
            .collect()
    };
    let (command, target) = (of(&COMMAND_TYPES), of(&TARGET_TYPES));
    let values = of(&["TARGET_DIRECT_COMPL", "TARGET_QUEUE_SUBMIT"]);
    let attributes = (!groups(input).is_empty()).then(|| quote!(attributes,));
    let kunit = (input.unit_tests == UnitTests::Kunit).then(|| {
        quote!(
            mod kunit;
        )
    });
    let (modules, scsi_command) = match input.data_path {
        DataPath::Nop => (quote!(), quote!()),
        DataPath::Loopback(_) => (
            quote! {
                mod loopback;
                mod parent_device;
                mod rcu;
                mod scsi_host;
            },
            quote!(scsi_host::Command,),
        ),
    };
    quote! {
        mod bindings;
        mod command;
        mod fabric_ops;
        mod target;
        mod transport_id;
        #kunit
        #modules
        use kernel::{c_str, prelude::*, str::BStr};
        use crate::{
            command::{#(#command),*},
            fabric_ops::{Operations, #(#values),*},
            #scsi_command
            target::{#attributes #(#target),*},
            transport_id::PortName,
        };
    }
}

fn module(input: &Input<'_>) -> TokenStream {
    let ty = input.names.module_type();
    let doc = doc(
        0,
        "The loaded module: it keeps the fabric registered with target core.",
    );
    let prepare = match input.data_path {
        DataPath::Nop => quote!(),
        DataPath::Loopback(_) => quote!(loopback::TEMPLATE.prepare(module)?;),
    };
    quote! {
        #doc
        struct #ty {
            _registration: Registration<Fabric>,
        }
        impl kernel::Module for #ty {
            fn init(module: &'static ThisModule) -> Result<Self> {
                #prepare
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
    let version = has_version(input).then(|| version(input));
    let (pinned, link) = match input.data_path {
        DataPath::Nop => (quote!(), quote!()),
        DataPath::Loopback(_) => (
            quote!(#[pin_data]),
            quote! {
                #[pin]
                link: loopback::Link,
            },
        ),
    };
    let name_doc = doc(
        0,
        "Reads the name of a port's directory: accepted in the port's canonical spelling alone, so \
         that a port has one directory.",
    );
    let refused_doc = doc(
        0,
        "Says in the log what a port's name should be, and returns the error.",
    );
    quote! {
        #fabric_doc
        struct Fabric;
        #target_doc
        struct #target_type {
            #name_field: PortName,
        }
        #tpg_doc
        #pinned
        struct #portal_type {
            #tag_field: u16,
            #link
        }
        #acl_doc
        #[derive(Zeroable)]
        struct #initiator_type {}
        #version
        #name_doc
        fn port_name(name: &BStr) -> Result<PortName> {
            let port =
                PortName::parse(name).ok_or_else(|| refused(name, PortName::FORM.as_bytes()))?;
            if port.as_bytes() == &**name {
                Ok(port)
            } else {
                Err(refused(name, port.as_bytes()))
            }
        }
        #refused_doc
        fn refused(name: &BStr, want: &[u8]) -> Error {
            pr_err!("port name {}: want {}\n", name, BStr::from_bytes(want));
            EINVAL
        }
    }
}

/// Whether the header has the attribute group of the fabric's directory, where `version` is.
fn has_version(input: &Input<'_>) -> bool {
    input.plan.groups.contains(&"tfc_wwn_attrs")
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
    let fields = fields(input);
    let attributes = groups(input).into_iter().map(|(group, _)| {
        let (constant, directory) = (constant(group), directory(group));
        let placeholder = ident(&placeholder(group));
        quote! {
            const #constant: Attributes<#directory<Self>> = #placeholder;
        }
    });
    let (cmd, memory, tmr) = match input.data_path {
        DataPath::Nop => (quote!(()), quote!(BoxedCmd<Self>), quote!(())),
        DataPath::Loopback(_) => (
            quote!(()),
            quote!(Command<loopback::Loopback>),
            quote!(loopback::Waiter),
        ),
    };
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
            #(#fields)*
            #(#attributes)*
            type Wwn = #target_type;
            type Tpg = #portal_type;
            type Np = ();
            type NodeAcl = #initiator_type;
            type Cmd = #cmd;
            type CmdMemory = #memory;
            type Tmr = #tmr;
            #(#methods)*
        }
    }
}

/// The fields of the ops that the data path sets.
fn fields(input: &Input<'_>) -> Vec<TokenStream> {
    if input.data_path == DataPath::Nop {
        return Vec::new();
    }
    let of = |field: &PlanField<'_>| {
        let (name, ty) = match field {
            PlanField::Own(_) => return None,
            PlanField::Number { field, rust } => (&field.name, ident(rust)),
            PlanField::Bit(field) => (&field.name, ident("bool")),
        };
        let (why, value) = loopback::field(name)?;
        let (name, why) = (constant(name), comment(1, why));
        Some(quote! { #why const #name: #ty = #value; })
    };
    input.plan.fields.iter().filter_map(of).collect()
}

/// Whether the driver has a method for the op: those of the tree only where it needs one.
fn is_written(input: &Input<'_>, slot: &Slot<'_>) -> bool {
    let Some(method) = &slot.method else {
        return false;
    };
    match (slot.op.required, method.meaning.shape) {
        (true, _) | (_, Shape::Init) => true,
        (_, Shape::InitiatorSid) => input.protocol.has_isid(),
        _ => {
            slot.op.category != Category::Configfs
                || input.data_path != DataPath::Nop
                    && loopback::body(&slot.op.name, None, None).is_some()
        }
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
    let mut args = method.args.iter().filter_map(|passed| {
        let (name, _) = parameter(passed, &quote!(Self))?;
        Some(ident(name))
    });
    let (first, second) = (args.next(), args.next());
    let dir_name = argument(method, |passed| matches!(passed, Passed::Name(_)));
    if input.data_path != DataPath::Nop
        && let Some((doc, body)) = loopback::body(&slot.op.name, first.as_ref(), second.as_ref())
    {
        return (doc.to_owned(), body);
    }
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
        "check_stop_free" => Some(("Drops target core's reference.", quote!(#first.put()))),
        _ => None,
    };
    if let Some((doc, body)) = known {
        return (doc.to_owned(), body);
    }
    let (doc, body) = match method.meaning.shape {
        Shape::Make(Object::Wwn) => (
            "Makes a target port of a valid name.",
            quote! {
                let #name_field = port_name(#dir_name)?;
                Ok(try_init!(#target_type { #name_field }))
            },
        ),
        Shape::Make(Object::Tpg) => (
            "Makes a portal group with the tag that its name says.",
            make_tpg(input, &portal_type, &tag_field, dir_name.as_ref()),
        ),
        Shape::Make(Object::Np) => ("Makes a network portal.", quote!(Ok(()))),
        Shape::Drop(Object::Wwn) => ("Nothing to stop: the port is not on a wire.", quote!()),
        Shape::Drop(_) => ("Nothing to stop: no session exists.", quote!()),
        Shape::Init => (
            "Accepts a list under the canonical name of an initiator port: the one that target core's \
             TransportIDs name.",
            quote! {
                port_name(#dir_name).map(drop)
            },
        ),
        Shape::InitiatorSid => ("Does nothing: no session exists.", quote!(0)),
        Shape::Grant(Right::Pending) => (
            "No command arrives. Without a wire to fetch its data from it would fail.",
            quote!(Ok(())),
        ),
        Shape::Grant(Right::Response) => (nop_doc(slot.op.category), quote!(Ok(()))),
        Shape::Grant(_) | Shape::Abort => (nop_doc(slot.op.category), quote!()),
        Shape::Call(ret) => (nop_doc(slot.op.category), nop(ret)),
    };
    (doc.to_owned(), body)
}

fn make_tpg(
    input: &Input<'_>,
    portal_type: &Ident,
    tag_field: &Ident,
    dir_name: Option<&Ident>,
) -> TokenStream {
    match input.data_path {
        DataPath::Nop => quote! {
            let #tag_field = target::tpg_tag(#dir_name)?;
            Ok(try_init!(#portal_type { #tag_field }))
        },
        DataPath::Loopback(_) => {
            let group = ident(LINKED_GROUP);
            quote! {
                let tag = target::tpg_tag(#dir_name)?;
                Ok(#group)
            }
        }
    }
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
