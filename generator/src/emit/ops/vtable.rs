// SPDX-License-Identifier: GPL-2.0-only

//! The vtable, with every slot of this header's struct.
//!
//! The build warns about further ops of its kernel, whose slots stay `NULL`; a `cfg` leaves out a field
//! that its kernel lacks.

use proc_macro2::TokenStream;
use quote::quote;

use super::super::rust::{doc, safety};
use super::callbacks::callback_fn;
use crate::names::{c_ident, callback, constant, has, ident, ops_has};
use crate::plan::{MethodKind, Object, Plan, PlanField, Settable, Slot, SlotContent};

/// The vtable's type, with the callbacks.
pub(super) fn vtable(plan: &Plan<'_>) -> TokenStream {
    let callbacks = plan.slots.iter().filter_map(callback_fn);
    let constant = vtable_const(plan);
    let enable = has_enable(plan);
    let ops = ops_fn(plan);
    let doc = doc(
        0,
        "The vtable of a fabric: [`Operations`] for target core.\n\n\
         Target core calls the callbacks as documented at [`Operations`], with objects that it or this \
         module has made, which live at least until the call returns.",
    );
    quote! {
        #doc
        pub(super) struct OperationsVTable<T: Operations>(PhantomData<T>);

        impl<T: Operations> OperationsVTable<T> {
            #(#callbacks)*
            #constant
            #enable
            #ops
        }
    }
}

fn vtable_const(plan: &Plan<'_>) -> TokenStream {
    let own = plan.fields.iter().filter_map(|field| match field {
        PlanField::Own(field) => own_field(&field.name),
        PlanField::Number { .. } | PlanField::Bit(_) => None,
    });
    let numbers = plan.settable().filter(|field| !field.is_bit);
    let numbers = numbers.map(|Settable { name, .. }| {
        let (cfg, field, value) = (ops_has(name), c_ident(name), constant(name));
        quote!(#[cfg(#cfg)] #field: T::#value,)
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
    let table_doc = doc(1, "The ops without the fields that [`Self::ops`] sets.");
    let rest_doc = doc(
        1,
        "Bit-fields and padding, which [`Self::VTABLE`] does not list.",
    );
    let zero = safety(
        2,
        "The struct has pointers, optional functions and numbers, for all of which zero is valid.",
    );
    quote! {
        #rest_doc
        const REST: bindings::target_core_fabric_ops = {
            #zero
            unsafe { mem::zeroed() }
        };
        #table_doc
        const VTABLE: bindings::target_core_fabric_ops = bindings::target_core_fabric_ops {
            #(#own)*
            #(#numbers)*
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
        SlotContent::Null => return quote!(#name: None,),
        SlotContent::CheckStopFree => return quote!(#name: Some(Self::#callback),),
        SlotContent::Method(method) => method,
    };
    // The layer must see these calls even if the driver does not implement the op.
    if slot.op.required || matches!(method.kind, MethodKind::CloseSession | MethodKind::Unlink) {
        return quote!(#name: Some(Self::#callback),);
    }
    // An object must be dropped even if the driver does not implement the op.
    let implemented = match method.kind {
        MethodKind::Drop(Object::Np) => has("fabric_make_np"),
        _ => has(&slot.op.name),
    };
    quote!(#name: if T::#implemented { Some(Self::#callback) } else { None },)
}

/// The constant that is true if `fabric_enable_tpg` opens portal groups.
fn has_enable(plan: &Plan<'_>) -> TokenStream {
    let mut methods = plan.slots.iter().filter_map(Slot::method);
    let value = match methods.find(|method| method.kind == MethodKind::EnableTpg) {
        Some(method) => {
            let has = has(method.spec.name);
            quote!(T::#has)
        }
        None => quote!(false),
    };
    let doc = doc(
        1,
        "True if a portal group is closed until an administrator enables it.",
    );
    quote! { #doc pub(super) const HAS_ENABLE: bool = #value; }
}

fn ops_fn(plan: &Plan<'_>) -> TokenStream {
    let bits = plan.settable().filter(|field| field.is_bit);
    let bits = bits.map(|Settable { name, .. }| {
        let (cfg, value) = (ops_has(name), constant(name));
        let setter = ident(&format!("set_{name}"));
        quote!(#[cfg(#cfg)] ops.#setter(T::#value.into());)
    });
    let doc = doc(
        1,
        "Returns the ops of the fabric in `module`, for `target_register_template()`.",
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
