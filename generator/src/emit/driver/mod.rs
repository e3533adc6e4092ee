// SPDX-License-Identifier: GPL-2.0-only

//! The driver, `tcm_NAME.rs`: the author's file, in safe Rust.
//!
//! Written once. Without a data path no session is ever made, so no command arrives; with one the
//! methods call its file.

mod methods;
mod types;

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::rust::{code, comment, doc, file_doc, idents, text as file_text};
use super::{Input, RootModule};
use crate::data_path::Attribute;
use crate::names::{directory, ident};
use crate::output::files::Owner;
use crate::protocol::Protocol;

/// What a driver may use of the layer; it imports what it does use.
const TARGET_TYPES: [&str; 24] = [
    "Aborted",
    "Attribute",
    "Attributes",
    "BoxedCmd",
    "Login",
    "Lun",
    "NodeAcl",
    "Np",
    "Operations",
    "Page",
    "Pending",
    "Protocol",
    "Registration",
    "Response",
    "Session",
    "TARGET_DIRECT_COMPL",
    "TARGET_DIRECT_SUBMIT",
    "TARGET_QUEUE_SUBMIT",
    "Task",
    "TmrResponse",
    "Tpg",
    "TpgAttribAttrs",
    "TpgBaseAttrs",
    "Wwn",
];

/// What stands for the call of `module!` in the tokens, until they are printed.
const MODULE: &str = "MODULE! {}";

/// What stands for the initializer of a portal group with a pinned field in the tokens, until they
/// are printed.
const PINNED_GROUP: &str = "__PINNED_GROUP__";

/// The text of the driver, with the Rust modules that lie beside it.
pub(super) fn text(input: &Input<'_>, modules: &[RootModule<'_>]) -> String {
    let head = head(input);
    let module = module(input);
    let types = types::types(input);
    let operations = methods::operations(input);
    let items = quote! { #module #types #operations };
    let declarations = declarations(modules);
    let imports = imports(input, &items);
    let mut text = file_text(&head, &quote! { #declarations #imports MODULE! {} #items });
    replace(&mut text, MODULE, &module_macro(input));
    for (group, attributes) in groups(input) {
        replace(
            &mut text,
            &placeholder(group),
            &attributes_macro(group, &attributes),
        );
    }
    if let Some(group) = pinned_group(input) {
        replace(&mut text, PINNED_GROUP, &group);
    }
    text
}

/// Puts `text` where a placeholder was printed.
///
/// # Panics
///
/// If it was not printed once, which is a fault of this emitter.
fn replace(printed: &mut String, placeholder: &str, text: &str) {
    let count = printed.matches(placeholder).count();
    assert_eq!(
        count, 1,
        "this generator printed {placeholder} {count} times"
    );
    *printed = printed.replace(placeholder, text);
}

/// What the ports of a protocol are called in the driver.
struct PortNames {
    target_type: Ident,
    portal_type: Ident,
    initiator_type: Ident,
    name_field: Ident,
    tag_field: Ident,
}

impl PortNames {
    fn of(protocol: &Protocol) -> Self {
        let (target, initiator) = (protocol.ports.target, protocol.ports.initiator);
        Self {
            target_type: ident(&capitalized(target)),
            portal_type: format_ident!("{}Group", capitalized(target)),
            initiator_type: ident(&capitalized(initiator)),
            name_field: format_ident!("{target}_name"),
            tag_field: format_ident!("{target}_tpgt"),
        }
    }
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_ascii_uppercase() + rest
}

/// The call of `attributes!`, as text.
fn attributes_macro(group: &str, attributes: &[&Attribute]) -> String {
    let directory = directory(group);
    if let [Attribute { name, ty, .. }] = attributes {
        return format!("attributes!({directory}<Fabric> {{ {name}: {ty} }})");
    }
    let lines: String = attributes
        .iter()
        .map(|Attribute { name, ty, .. }| format!("        {name}: {ty},\n"))
        .collect();
    format!("attributes!({directory}<Fabric> {{\n{lines}    }})")
}

/// The initializer of a portal group that has a pinned field, as text: `<-` is not Rust.
fn pinned_group(input: &Input<'_>) -> Option<String> {
    let field = input.data_path.driver.tpg_field.as_ref()?;
    let PortNames {
        portal_type,
        tag_field,
        ..
    } = PortNames::of(input.protocol);
    Some(format!(
        "try_pin_init!({portal_type} {{\n            {tag_field}: tag,\n            {} <- {},\n        }})",
        field.name, field.init
    ))
}

/// What stands for the attributes of a group in the tokens, until they are printed: the call of
/// `attributes!` is not an expression that a printer would know.
fn placeholder(group: &str) -> String {
    format!("__{group}__")
}

/// The attribute that every module has.
static VERSION: (&str, &[Attribute]) = (
    "tfc_wwn_attrs",
    &[Attribute::new(
        "version",
        "Version",
        "The version of the module. Read only.",
    )],
);

/// The groups that the driver has attributes in, of those that the header has.
pub(super) fn groups<'a>(input: &Input<'a>) -> Vec<(&'a str, Vec<&'static Attribute>)> {
    let attributes = |group: &str| -> Vec<&'static Attribute> {
        let all = std::iter::once(&VERSION).chain(input.data_path.driver.attributes);
        all.filter(|(name, _)| *name == group)
            .flat_map(|(_, attributes)| attributes.iter())
            .collect()
    };
    let groups = input.plan.groups.iter();
    groups
        .map(|group| (*group, attributes(group)))
        .filter(|(_, attributes)| !attributes.is_empty())
        .collect()
}

/// Whether the driver has a method for the op `name`.
pub(super) fn has_method(input: &Input<'_>, name: &str) -> bool {
    let mut slots = input.plan.slots.iter();
    slots.any(|slot| slot.op.name == name && methods::is_written(input, slot))
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
        format!(" It is registered as {name}, which names ports the same way.")
    };
    let left_out: Vec<_> = input
        .plan
        .slots
        .iter()
        .filter(|slot| slot.method().is_some() && !methods::is_written(input, slot))
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
    let data_path = input.data_path.driver.head;
    let text = format!(
        "{fabric}: a SCSI target fabric for {title}.\n\n\
         A skeleton made by tcm-mod-builder, to be changed at will. It answers configfs: target \
         ports, portal groups and node ACLs come and go. {data_path}{registered}{left_out}"
    );
    format!(
        "// SPDX-License-Identifier: GPL-2.0-only\n\n{}\n#![deny(unsafe_code)]\n",
        file_doc(&text)
    )
}

/// The modules of the crate. Those of the generator may have `unsafe`.
fn declarations(modules: &[RootModule<'_>]) -> TokenStream {
    let declarations = modules.iter().map(|RootModule { name, owner }| {
        let allow = (*owner != Owner::Author).then(|| quote!(#[allow(unsafe_code)]));
        // The layer is what another module could use: its items are public.
        let public = (*name == "target").then(|| quote!(pub));
        let name = ident(name);
        quote! { #allow #public mod #name; }
    });
    let why = comment(
        0,
        "`unsafe` is in the generator's modules alone. The compiler refuses it in the author's.",
    );
    quote! { #why #(#declarations)* }
}

fn imports(input: &Input<'_>, items: &TokenStream) -> TokenStream {
    let mut used = BTreeSet::new();
    idents(items.clone(), &mut used);
    let directories = groups(input).into_iter().map(|(group, _)| directory(group));
    let directories: BTreeSet<_> = directories.map(|name| name.to_string()).collect();
    let names = TARGET_TYPES.iter().copied();
    let layer = names
        .filter(|name| used.contains(*name) && !directories.contains(*name))
        .map(ident);
    let layer = layer.chain(directories.iter().map(|name| ident(name)));
    let attributes = (!groups(input).is_empty()).then(|| quote!(attributes,));
    let kernel = input.data_path.driver.kernel_imports.iter();
    let kernel = kernel.map(|path| code(path));
    let own = input.data_path.driver.imports.iter().map(|path| code(path));
    quote! {
        use kernel::{c_str, prelude::*, str::BStr #(, #kernel)*};
        use crate::{
            #(#own,)*
            target::{#attributes #(#layer),*},
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
    quote! {
        #doc
        struct #ty {
            _fabric: Registration<Fabric>,
        }

        impl kernel::Module for #ty {
            fn init(module: &'static ThisModule) -> Result<Self> {
                Ok(Self { _fabric: Registration::new(module)? })
            }
        }
    }
}
