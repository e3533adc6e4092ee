// SPDX-License-Identifier: GPL-2.0-only

//! The driver's types: the fabric, the ports, the node ACL, the attribute `version`.

use proc_macro2::TokenStream;
use quote::quote;

use super::super::Input;
use super::super::rust::doc;
use super::{PortNames, code};
use crate::names::ident;

/// The types, and the function that checks a port's name.
pub(super) fn types(input: &Input<'_>) -> TokenStream {
    let PortNames {
        target_type,
        portal_type,
        initiator_type,
        name_field,
        tag_field,
    } = PortNames::of(input.protocol);
    let fabric = input.names.fabric();
    let fabric_doc = doc(
        0,
        &format!("The {fabric} fabric. Its ops are the methods of [`Operations`]."),
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
    let pinned_field = input.data_path.driver.tpg_field.as_ref().map(|field| {
        let (name, ty) = (ident(field.name), code(field.ty));
        quote! { #[pin] #name: #ty, }
    });
    let pinned = pinned_field.as_ref().map(|_| quote!(#[pin_data]));
    let name_doc = doc(
        0,
        "Checks the name of a port's directory: accepted in the port's canonical spelling alone, so \
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
            #pinned_field
        }
        #acl_doc
        #[derive(Zeroable)]
        struct #initiator_type {}
        #version
        #name_doc
        fn check_port_name(name: &BStr) -> Result {
            if PortName::is_canonical(name) {
                return Ok(());
            }
            match PortName::parse(name) {
                Some(port) => Err(refused(name, port.as_bytes())),
                None => Err(refused(name, PortName::FORM.as_bytes())),
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
    let data = code(input.data_path.driver.data.ty);
    let text = format!("{} fabric module 0.1", input.names.kconfig());
    quote! {
        #doc
        struct Version;
        #[vtable]
        impl Attribute for Version {
            type Directory = WwnAttrs<Fabric>;
            fn show(_data: &#data, page: &mut Page<'_>) -> Result {
                writeln!(page, #text)
            }
        }
    }
}
