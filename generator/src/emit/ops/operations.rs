// SPDX-License-Identifier: GPL-2.0-only

//! The trait `Operations`: a method for each known op, constants for fields and attribute groups, and the
//! driver's types.

use proc_macro2::TokenStream;
use quote::quote;
use tcm_bindings::Op;

use super::super::rust::doc;
use super::signature::{method_return, parameter};
use crate::names::{c_ident, constant, directory, ident, ops_has};
use crate::plan::{KNOWN_FIELDS, Method, MethodKind, Plan, PlanField, Settable};

/// The trait.
pub(super) fn operations(plan: &Plan<'_>) -> TokenStream {
    let methods = plan
        .slots
        .iter()
        .filter_map(|slot| Some(trait_method(slot.op, slot.method()?)));
    let fields = trait_fields(plan);
    let groups = plan.groups.iter().map(|group| {
        let (name, directory) = (constant(group), directory(group));
        let doc = doc(1, &format!("The attributes of [`{directory}`]: `{group}`."));
        quote! { #doc const #name: Attributes<#directory<Self>> = Attributes::NONE; }
    });
    let types = types();
    let doc = doc(
        0,
        "The ops of a fabric module, `struct target_core_fabric_ops`.\n\n\
         An optional op has a default, and is installed only if it is implemented. Each method has the C \
         declaration of its op.",
    );
    quote! {
        #doc
        #[vtable]
        pub trait Operations: Sized + 'static {
            #types
            #(#fields)*
            #(#groups)*
            #(#methods)*
        }
    }
}

/// The constants and types of every driver.
fn types() -> TokenStream {
    let types = TYPES.iter().map(|(declaration, text)| {
        let declaration: TokenStream = declaration.parse().expect("the table is Rust");
        let doc = doc(1, text);
        quote!(#doc #declaration;)
    });
    quote!(#(#types)*)
}

/// Constants and types of every driver, and the method that makes the fabric's data: declaration and
/// documentation.
const TYPES: [(&str, &str); 15] = [
    (
        "const NAME: &'static CStr",
        "The fabric's name below `/sys/kernel/config/target`.",
    ),
    (
        "const PROTOCOL: Protocol",
        "The protocol of the TransportIDs.",
    ),
    (
        "const LOGIN_WHILE_DISABLED: bool = false",
        "True if initiators may log in to a portal group that is disabled: `fabric_enable_tpg` then has \
         the meaning that the driver gives it.",
    ),
    (
        "const NODE_ACL_GROUPS: Groups<NodeAclGroup<Self>> = &[]",
        "Groups in `fabric_statistics` of a node ACL, added after `fabric_init_nodeacl`. A driver \
         without that method has none.",
    ),
    (
        "type Data: Send + Sync",
        "The fabric's own data, which live while it is registered.",
    ),
    (
        "type Wwn: Send + Sync",
        "The driver's part of a target port.",
    ),
    (
        "type Tpg: Send + Sync",
        "The driver's part of a portal group.",
    ),
    (
        "type Np: Send + Sync",
        "The driver's part of a network portal.",
    ),
    (
        "type NodeAcl: Zeroable + Send + Sync",
        "The driver's part of a node ACL. Target core zeroes it, shares it immediately, and frees it \
         without dropping it: see [`NodeAcl`].",
    ),
    (
        "type NodeAclState: Zeroable + Send",
        "The driver's part of a node ACL that changes under the lock of the portal group: see \
         [`NodeAcl::lock`].",
    ),
    (
        "type Session: Send + Sync",
        "The driver's part of a session.",
    ),
    ("type Cmd: Send + Sync", "The driver's part of a command."),
    (
        "type CmdMemory: CmdMemory<Self>",
        "The memory of commands while target core has them.",
    ),
    (
        "type Tmr: Send",
        "The driver's part of a task management function, which comes back with the response.",
    ),
    (
        "fn init(module: &'static ThisModule) -> Result<impl PinInit<Self::Data, Error>>",
        "Makes the fabric's data when the module is loaded, before the fabric is registered. Called in \
         process context.",
    ),
];

/// A constant for each field that a driver may set.
fn trait_fields(plan: &Plan<'_>) -> Vec<TokenStream> {
    let doc_of = |name: &str| {
        let mut fields = plan.fields.iter().map(PlanField::field);
        let found = fields.find(|field| field.name == name);
        found.map_or("", |field| field.doc.as_str())
    };
    let fields = plan.settable().map(|Settable { name, rust, .. }| {
        let about = format!("The field `{name}`; unused if the kernel lacks the field.");
        trait_field(name, rust, &with_header_doc(&about, doc_of(name)))
    });
    fields.collect()
}

fn trait_field(name: &str, ty: &str, text: &str) -> TokenStream {
    let default = if ty == "bool" {
        quote!(false)
    } else {
        quote!(0)
    };
    let (name, ty, doc) = (constant(name), ident(ty), doc(1, text));
    quote! { #doc const #name: #ty = #default; }
}

/// Constants for the values of fields. The build compares each with the header's, if it has the field.
pub(super) fn field_values() -> String {
    let mut constants = Vec::new();
    for field in &KNOWN_FIELDS {
        let Some((c_enum, values)) = field.values else {
            continue;
        };
        let operation = constant(field.name);
        constants.extend(values.map(|(name, number)| {
            let cfg = ops_has(field.name);
            format!(
                "/// `{name}`, a value of [`Operations::{operation}`].\n\
                 pub const {name}: u8 = {number};\n\
                 #[cfg({cfg})]\n\
                 const _: () = {{\n    assert!({name} == bindings::{c_enum}_{name} as u8);\n}};\n"
            )
        }));
    }
    constants.join("\n")
}

fn trait_method(op: &Op, method: &Method<'_>) -> TokenStream {
    let name = c_ident(&op.name);
    let summary = format!(
        "{}\n\nC: `{}`",
        method.spec.documentation(),
        op.c_declaration()
    );
    let doc = doc(1, &with_header_doc(&summary, &op.doc));
    let args = method.args.iter().filter_map(|arg| {
        let (name, ty) = parameter(arg, &quote!(Self))?;
        let name = if op.required {
            c_ident(name)
        } else {
            ident(&format!("_{name}"))
        };
        Some(quote!(#name: #ty))
    });
    let ret = method_return(method.kind, op);
    let body = if op.required {
        quote!(;)
    } else {
        default_body(method.kind)
    };
    quote! { #doc fn #name(#(#args),*) #ret #body }
}

/// The default body of an optional op. The slot of a default method is `NULL`, except for the ops below.
fn default_body(kind: MethodKind) -> TokenStream {
    match kind {
        // Called even if the driver does not implement them.
        MethodKind::Drop(_) | MethodKind::CloseSession | MethodKind::Unlink => quote! { {} },
        // The type of an initializer cannot be inferred.
        MethodKind::Make(_) => quote! { { not_implemented::<Self::Np>() } },
        _ => quote! { { kernel::build_error!(VTABLE_DEFAULT_ERROR) } },
    }
}

fn with_header_doc(own: &str, header: &str) -> String {
    if header.is_empty() {
        return own.to_owned();
    }
    let quoted: Vec<_> = header.lines().map(|line| format!("> {line}")).collect();
    format!("{own}\n\nThe header says:\n\n{}", quoted.join("\n"))
}
