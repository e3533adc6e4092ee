// SPDX-License-Identifier: GPL-2.0-only

//! The vtable: every slot of the struct, and the proof that none is missing.

use proc_macro2::TokenStream;
use quote::quote;

use super::super::rust::{comment, doc, safety};
use super::callbacks::callback_fn;
use crate::names::{c_ident, callback, constant, has, ident};
use crate::plan::{Content, Object, Plan, PlanField, Shape, Slot};

/// The vtable's type, with the callbacks.
pub(super) fn vtable(plan: &Plan<'_>) -> TokenStream {
    let callbacks = plan.slots.iter().filter_map(callback_fn);
    let constant = vtable_const(plan);
    let attributes = attribute_lists(plan);
    let enable = has_enable(plan);
    let ops = ops_fn(plan);
    let doc = doc(
        0,
        "The vtable of a fabric: what target core sees of [`Operations`].\n\n\
         Target core calls the callbacks as the documentation of [`Operations`] says, with objects \
         that it or this module has made and that live for the call at least.",
    );
    quote! {
        #doc
        pub(super) struct OperationsVTable<T: Operations>(PhantomData<T>);

        impl<T: Operations> OperationsVTable<T> {
            #(#callbacks)*
            #constant
            #attributes
            #enable
            #ops
        }
    }
}

fn vtable_const(plan: &Plan<'_>) -> TokenStream {
    let fields = plan.fields.iter().filter_map(|field| match field {
        PlanField::Own(field) => own_field(&field.name),
        PlanField::Number { field, .. } => {
            let (name, value) = (c_ident(&field.name), constant(&field.name));
            Some(quote!(#name: T::#value,))
        }
        PlanField::Bit(_) => None,
    });
    let slots = plan.slots.iter().map(slot);
    let groups = plan.groups.iter().map(|group| {
        let (name, value) = (c_ident(group), constant(group));
        quote!(#name: T::#value.as_ptr(),)
    });
    let unknown_groups = plan.unknown_groups.iter().map(|group| {
        let name = c_ident(group);
        quote!(#name: ptr::null_mut(),)
    });
    let table_doc = doc(1, "The ops, but for what [`Self::ops`] adds.");
    let rest_doc = doc(
        1,
        "What is not listed in [`Self::VTABLE`]: bit-fields and padding.",
    );
    let zero = safety(
        2,
        "The struct has pointers, optional functions and numbers, all of which may be zero.",
    );
    quote! {
        #rest_doc
        const REST: bindings::target_core_fabric_ops = {
            #zero
            unsafe { mem::zeroed() }
        };
        #table_doc
        const VTABLE: bindings::target_core_fabric_ops = bindings::target_core_fabric_ops {
            #(#fields)*
            #(#slots)*
            #(#groups)*
            #(#unknown_groups)*
            ..Self::REST
        };
    }
}

fn own_field(name: &str) -> Option<TokenStream> {
    let field = c_ident(name);
    let value = match name {
        "module" => quote!(ptr::null_mut()),
        "fabric_name" | "fabric_alias" => quote!(ptr::null()),
        "node_acl_size" => quote!(NodeAcl::<T>::SIZE),
        _ => return None,
    };
    Some(quote!(#field: #value,))
}

fn slot(slot: &Slot<'_>) -> TokenStream {
    let name = c_ident(&slot.op.name);
    let callback = callback(&slot.op.name);
    let method = match &slot.content {
        Content::Null => return quote!(#name: None,),
        Content::Stop => return quote!(#name: Some(Self::#callback),),
        Content::Method(method) => method,
    };
    // The layer has to know that a session is to end, whether the driver asks or not.
    if slot.op.required || method.shape == Shape::Close {
        return quote!(#name: Some(Self::#callback),);
    }
    // An object that can be made must be dropped, whether the driver has something to do or not.
    let implemented = match method.shape {
        Shape::Drop(Object::Np) => has("fabric_make_np"),
        _ => has(&slot.op.name),
    };
    quote!(#name: if T::#implemented { Some(Self::#callback) } else { None },)
}

fn attribute_lists(plan: &Plan<'_>) -> TokenStream {
    let count = plan.groups.len();
    let groups = plan.groups.iter().map(|group| constant(group));
    let doc = doc(
        1,
        "Every list of attributes, for the one that sets their owner.",
    );
    quote! {
        #doc
        pub(super) const ATTRIBUTES: [*mut *mut bindings::configfs_attribute; #count] =
            [#(T::#groups.as_ptr()),*];
    }
}

/// Whether portal groups are opened by `fabric_enable_tpg`, for the layer.
fn has_enable(plan: &Plan<'_>) -> TokenStream {
    let mut methods = plan.slots.iter().filter_map(Slot::method);
    let value = match methods.find(|method| method.shape == Shape::Enable) {
        Some(method) => {
            let has = has(method.meaning.name);
            quote!(T::#has)
        }
        None => quote!(false),
    };
    let doc = doc(
        1,
        "Whether a portal group is closed until an administrator enables it.",
    );
    quote! { #doc pub(super) const HAS_ENABLE: bool = #value; }
}

fn ops_fn(plan: &Plan<'_>) -> TokenStream {
    let bits: Vec<_> = plan
        .fields
        .iter()
        .filter_map(|field| match field {
            PlanField::Bit(field) => {
                let (setter, value) =
                    (ident(&format!("set_{}", field.name)), constant(&field.name));
                Some(quote!(ops.#setter(T::#value.into());))
            }
            _ => None,
        })
        .collect();
    let doc = doc(
        1,
        "The ops of the fabric in `module`, as `target_register_template()` wants them.",
    );
    quote! {
        #doc
        pub(super) fn ops(module: *mut bindings::module) -> bindings::target_core_fabric_ops {
            let mut ops = Self::VTABLE;
            ops.module = module;
            ops.fabric_name = T::NAME.as_char_ptr();
            #(#bits)*
            ops
        }
    }
}

/// Proves that the slots listed are all there are: each lies right behind the one before, and
/// nothing but bit-fields and the plain fields listed lies behind the last. There is none for a
/// header with ops in an anonymous struct or union.
pub(super) fn proof(plan: &Plan<'_>) -> TokenStream {
    if !plan.is_flat {
        return quote!();
    }
    let pointers: Vec<_> = plan
        .slots
        .iter()
        .map(|slot| c_ident(&slot.op.name))
        .chain(plan.all_groups.iter().map(|group| c_ident(group)))
        .collect();
    let count = pointers.len();
    let why = comment(
        0,
        "A header with another op than those that are listed does not compile here: \
         `tcm-mod-builder sync DIR` writes this file again.",
    );
    quote! {
        #why
        const _: () = {
            type Ops = bindings::target_core_fabric_ops;
            const POINTERS: [usize; #count] = [#(mem::offset_of!(Ops, #pointers)),*];
            let pointer = mem::size_of::<*const ()>();
            let mut index = 1;
            while index < POINTERS.len() {
                assert!(
                    POINTERS[index] == POINTERS[index - 1] + pointer,
                    "the header has an op that this module does not list"
                );
                index += 1;
            }
            let end = POINTERS[index - 1] + pointer;
            let fit = mem::size_of::<Ops>() <= end + pointer;
            assert!(fit, "the header has a field that this module does not list");
        };
    }
}
