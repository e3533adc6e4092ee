// SPDX-License-Identifier: GPL-2.0-only

//! The driver, `tcm_NAME.rs`: the author's file in safe Rust. It is the `driver.rs` of the data path
//! with the names of the module.
//!
//! It does not depend on the header, except in two cases that no supported kernel has: the method of an
//! op that the header lacks is left out, and a method whose op has another signature is reported.

use std::ops::Range;

use quote::ToTokens;
use syn::{FnArg, ImplItem, ImplItemFn, Item, Signature, TraitItemFn};

use super::{Input, method_signature, renamed};
use crate::names::c_ident;
use crate::plan::INIT;

/// The line before the attributes on unused code.
const DENY: &str = "#![deny(unsafe_code)]\n";

/// The attribute for a driver with methods left out.
const UNUSED: &str =
    "#![allow(dead_code, unused_imports, reason = \"this kernel lacks ops that use them\")]\n";

/// The op that only protocols with an ISID in their TransportIDs have.
const ISID: &str = "sess_get_initiator_sid";

/// The text of the driver.
pub(super) fn text(input: &Input<'_>) -> String {
    let mut text = renamed(input.data_path.driver, input);
    let methods = methods(input.data_path.driver);
    let names = methods.iter().map(|method| method.sig.ident.to_string());
    let lacking: Vec<_> = names
        .filter(|name| name != INIT && !has_op(input, name))
        .collect();
    if !lacking.is_empty() {
        text = text.replacen(DENY, &format!("{DENY}{UNUSED}"), 1);
    }
    let isid = (!input.protocol.has_isid()).then(|| ISID.to_owned());
    for name in lacking.iter().chain(&isid) {
        if let Some(lines) = method_lines(&text, name) {
            text.replace_range(lines, "");
        }
    }
    text
}

/// Returns true if the driver has a method for the op `name`.
pub(super) fn has_method(input: &Input<'_>, name: &str) -> bool {
    has_op(input, name) && method_lines(input.data_path.driver, name).is_some()
}

/// A sentence for each method whose op has another signature in the header, with the required signature.
#[must_use]
pub fn signature_mismatches(input: &Input<'_>) -> Vec<String> {
    let driver = super::driver_path(input.names);
    let mismatch = |method: ImplItemFn| {
        let name = method.sig.ident.to_string();
        let slot = input
            .plan
            .slots
            .iter()
            .find(|slot| c_ident(&slot.op.name) == name)?;
        let wanted = method_signature(slot.op, slot.method()?);
        let fits = types(&method.sig) == types(&signature(&wanted));
        (!fits).then(|| format!("{driver}: `fn {name}` must be `{wanted}`"))
    };
    methods(input.data_path.driver)
        .into_iter()
        .filter_map(mismatch)
        .collect()
}

/// Returns true if the header has the op and the layer has a method for it.
fn has_op(input: &Input<'_>, name: &str) -> bool {
    let mut slots = input.plan.slots.iter();
    slots.any(|slot| slot.method().is_some() && c_ident(&slot.op.name) == name)
}

/// The methods of `impl Operations for Fabric`.
fn methods(driver: &str) -> Vec<ImplItemFn> {
    let file = syn::parse_file(driver).expect("a driver.rs of this generator is Rust");
    let items = file.items.into_iter().filter_map(|item| match item {
        Item::Impl(item) => Some(item),
        _ => None,
    });
    let operations = items.filter(|item| {
        let of = item.trait_.as_ref();
        of.is_some_and(|(path, _)| path.is_ident("Operations"))
    });
    let items = operations.flat_map(|item| item.items);
    let methods = items.filter_map(|item| match item {
        ImplItem::Fn(method) => Some(method),
        _ => None,
    });
    methods.collect()
}

/// Parses a signature.
fn signature(text: &str) -> Signature {
    let method: TraitItemFn = syn::parse_str(&format!("{text};")).expect("this generator wrote it");
    method.sig
}

/// The types of the arguments and the result.
fn types(signature: &Signature) -> Vec<String> {
    let arguments = signature.inputs.iter().map(|argument| match argument {
        FnArg::Typed(argument) => argument.ty.to_token_stream(),
        FnArg::Receiver(receiver) => receiver.to_token_stream(),
    });
    let result = signature.output.to_token_stream();
    arguments
        .chain([result])
        .map(|tokens| tokens.to_string())
        .collect()
}

/// The range of a method in the text, with its documentation and the preceding blank line.
fn method_lines(text: &str, name: &str) -> Option<Range<usize>> {
    const END: &str = "\n    }\n";
    let head = text.find(&format!("\n    fn {name}("))? + 1;
    let line = text[head..].lines().next()?;
    let end = if line.ends_with("{}") {
        head + line.len() + 1
    } else {
        head + text[head..].find(END)? + END.len()
    };
    let above = text[..head].lines().rev();
    let docs = above.take_while(|line| line.starts_with("    ///"));
    let start = head - docs.map(|line| line.len() + 1).sum::<usize>();
    Some(start - 1..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRIVER: &str = "impl Operations for Fabric {
    type Tmr = ();

    /// One.
    ///
    /// Two.
    fn init(a: u8) -> Result {
        if a == 0 {

        }
    }

    /// Three.
    fn release_cmd(_: u8) {}

    fn queue(_: u8) {}
}
";

    #[test]
    fn method_is_left_out_with_its_documentation() {
        let lines = |name| &DRIVER[method_lines(DRIVER, name).unwrap()];
        assert!(lines("init").starts_with("\n    /// One.\n"));
        assert!(lines("init").ends_with("        }\n    }\n"));
        assert_eq!(
            lines("release_cmd"),
            "\n    /// Three.\n    fn release_cmd(_: u8) {}\n"
        );
        assert_eq!(lines("queue"), "\n    fn queue(_: u8) {}\n");
        assert_eq!(method_lines(DRIVER, "release"), None);
    }

    #[test]
    fn signatures_are_compared_without_the_names_of_arguments() {
        let types = |text| types(&signature(text));
        assert_eq!(
            types("fn a(_x: &Tpg<Self>) -> u16"),
            types("fn a(y: &Tpg<Self>) -> u16")
        );
        assert_ne!(
            types("fn a(x: &Tpg<Self>) -> u16"),
            types("fn a(x: &Tpg<Self>) -> u32")
        );
        assert_ne!(types("fn a(x: u8)"), types("fn a(x: u8, y: u8)"));
    }

    #[test]
    fn methods_of_a_driver_are_found() {
        let names = methods(DRIVER)
            .into_iter()
            .map(|method| method.sig.ident.to_string());
        assert_eq!(names.collect::<Vec<_>>(), ["init", "release_cmd", "queue"]);
    }
}
