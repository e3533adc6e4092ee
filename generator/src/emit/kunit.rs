// SPDX-License-Identifier: GPL-2.0-only

//! `kunit.rs`: unit tests of names and TransportIDs, made from the examples in the protocol's row.
//! The kernel runs them when it loads the module; `host_tests.rs` runs them without a kernel.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::rust::{doc, file_doc, text as file_text};
use super::{Input, Place};
use crate::names::ident;
use crate::output::files::{Files, Owner};
use crate::protocol::{Protocol, TransportId, Vector};

/// The path of the suite.
pub(super) const PATH: &str = "kunit.rs";

/// The path of the root of another crate, which has the suite and the files that it tests alone.
pub(super) const HOST_ROOT: &str = "host_tests.rs";

/// Adds the files.
pub(super) fn add(files: &mut Files, input: &Input<'_>) {
    files.add(PATH, Owner::Generator, text(input));
    if input.place == Place::OutOfTree {
        let root = include_str!("../../../kernel-template/host_tests.rs");
        files.add(HOST_ROOT, Owner::Generator, root.to_owned());
    }
}

/// The text of `kunit.rs`. The driver has the module on every kernel, so that it need not change
/// with the kernel. The kernel's build does not have `cfg(test)`; the host's has no kernel crate.
fn text(input: &Input<'_>) -> String {
    let module = ident(input.names.module());
    let (head, import, suite) = if input.features.kunit_suites {
        (
            "for kernels with `CONFIG_KUNIT=y`.\n\n\
             KUnit runs them when the module is loaded; the results are in the kernel's log and in \
             debugfs.",
            quote!(
                #[cfg(not(test))]
                use kernel::prelude::*;
            ),
            quote!(cfg_attr(not(test), kunit_tests(#module))),
        )
    } else {
        (
            "for the host: this kernel's crate has no KUnit suites for modules.",
            quote!(),
            quote!(cfg(test)),
        )
    };
    let on_host = match input.place {
        Place::InTree => "",
        Place::OutOfTree => "\n\n`host_tests.rs` runs them without a kernel.",
    };
    let head = file_doc(&format!(
        "Unit tests of port names and TransportIDs, {head}{on_host}"
    ));
    let tests = tests(input.protocol);
    let items = quote! {
        #import

        #[#suite]
        mod tests {
            use crate::transport_id::*;
            #tests
        }
    };
    let spdx = "// SPDX-License-Identifier: GPL-2.0-only";
    file_text(&format!("{spdx}\n\n{head}"), &items)
}

/// The tests.
fn tests(protocol: &Protocol) -> TokenStream {
    let names = names(protocol);
    let ids = match protocol.transport_id {
        TransportId::None => quote!(),
        TransportId::Fixed(len) => fixed(protocol.vectors, len),
        TransportId::WithIsid { least, most } => with_isid(protocol.vectors, least, most),
    };
    quote!(#names #ids)
}

/// Tests of which names there are, and which of them are spellings of one port.
fn names(protocol: &Protocol) -> TokenStream {
    let (name, other) = (bytes(protocol.example), bytes(protocol.other_example));
    let lists = [
        (
            "SPELLINGS",
            "Other spellings of `NAME`, which the driver refuses.",
            protocol.other_spellings,
        ),
        (
            "REFUSED",
            "No names, each for a reason of its own.",
            protocol.refused,
        ),
    ];
    let lists = lists.into_iter().map(|(constant, text, names)| {
        let (constant, doc) = (ident(constant), doc(1, text));
        let len = number(names.len());
        let names = names.iter().copied().map(bytes);
        quote!(#doc const #constant: [&[u8]; #len] = [#(#names),*];)
    });
    quote! {
        const NAME: &[u8] = #name;
        const OTHER_NAME: &[u8] = #other;
        #(#lists)*

        #[test]
        fn every_spelling_is_read_as_the_same_port() {
            let port = PortName::parse(NAME);
            assert!(port.is_some());
            for spelling in SPELLINGS {
                assert_eq!(PortName::parse(spelling), port);
            }
        }

        #[test]
        fn the_canonical_name_is_kept() {
            for name in [NAME, OTHER_NAME] {
                let port = PortName::parse(name);
                assert!(port.is_some_and(|port| port.as_bytes() == name));
            }
        }

        #[test]
        fn another_name_is_another_port() {
            let other = PortName::parse(OTHER_NAME);
            assert!(other.is_some() && other != PortName::parse(NAME));
        }

        #[test]
        fn what_is_no_name_is_refused() {
            for name in REFUSED {
                assert_eq!(PortName::parse(name), None);
            }
        }
    }
}

/// Tests of TransportIDs of one length.
fn fixed(vectors: &[Vector], len: usize) -> TokenStream {
    let ids = vectors.iter().map(|Vector { name, id, .. }| {
        let (name, id) = (bytes(name), id.iter().map(|byte| hex(*byte)));
        quote!((#name, [#(#id),*]))
    });
    let (count, doc, len) = (number(vectors.len()), ids_doc(), number(len));
    quote! {
        #doc
        const IDS: [(&[u8], [u8; LEN]); #count] = [#(#ids),*];

        #[test]
        fn transport_ids_are_laid_out_as_spc_says() {
            for (name, id) in IDS {
                let name = PortName::parse(name);
                assert_eq!(name.as_ref().map(encode), Some(id));
                assert_eq!(decode(&id), name);
            }
        }

        #[test]
        fn transport_ids_have_their_length() {
            let id = PortName::parse(NAME).map(|name| encode(&name));
            assert!(id.is_some_and(|id| id.len() == #len));
        }

        #[test]
        fn every_byte_of_a_transport_id_counts() {
            for (name, id) in IDS {
                for at in 0..LEN {
                    let mut other = id;
                    if let Some(byte) = other.get_mut(at) {
                        *byte ^= 0x80;
                    }
                    assert!(decode(&other) != PortName::parse(name));
                    assert_eq!(id.get(..at).and_then(decode), None);
                }
            }
        }
    }
}

/// Tests of TransportIDs with names of any length, and with an ISID or not.
fn with_isid(vectors: &[Vector], least: usize, most: usize) -> TokenStream {
    let ids = vectors.iter().map(|Vector { name, isid, id }| {
        let (name, id) = (bytes(name), Literal::byte_string(id));
        let isid = match isid {
            Some(isid) => {
                let isid = bytes(isid);
                quote!(Some(#isid))
            }
            None => quote!(None),
        };
        quote!((#name, #isid, #id))
    });
    let (count, doc) = (number(vectors.len()), ids_doc());
    let (least, most) = (number(least), number(most));
    quote! {
        #doc
        const IDS: [(&[u8], Option<&Isid>, &[u8]); #count] = [#(#ids),*];

        #[test]
        fn transport_ids_are_laid_out_as_spc_says() {
            for (name, isid, id) in IDS {
                let (name, mut out) = (PortName::parse(name), [0xff; LEN_MAX]);
                let len = name.as_ref().and_then(|name| encode(name, isid, &mut out));
                assert_eq!(len.and_then(|len| out.get(..len)), Some(id));
                assert_eq!(decode(id), name.map(|name| (name, isid.copied())));
            }
        }

        #[test]
        fn transport_ids_have_their_length() {
            let (mut longest, mut out) = ([b'a'; NAME_MAX], [0; LEN_MAX]);
            for (place, byte) in longest.iter_mut().zip(*b"iqn.") {
                *place = byte;
            }
            let mut len = |name, isid| {
                let name = PortName::parse(name)?;
                encode(&name, isid, &mut out)
            };
            assert_eq!(len(b"iqn.a", None), Some(#least));
            assert_eq!(len(&longest, Some(b"00023d000001")), Some(#most));
        }

        #[test]
        fn what_is_cut_off_is_no_transport_id() {
            for (_, _, id) in IDS {
                for len in 0..id.len() {
                    assert_eq!(id.get(..len).and_then(decode), None);
                }
            }
        }
    }
}

fn ids_doc() -> TokenStream {
    doc(1, "TransportIDs made by hand: SPC-4, section 7.6.4.")
}

fn number(value: usize) -> Literal {
    Literal::usize_unsuffixed(value)
}

fn bytes(text: &str) -> Literal {
    Literal::byte_string(text.as_bytes())
}

/// A byte as two hexadecimal digits.
fn hex(byte: u8) -> TokenStream {
    format!("{byte:#04x}").parse().unwrap_or_default()
}
