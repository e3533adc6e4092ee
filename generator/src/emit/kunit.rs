// SPDX-License-Identifier: GPL-2.0-only

//! `kunit.rs`: unit tests of names and TransportIDs with the protocol's examples. The kernel runs them
//! when it loads the module; `host_tests.rs` runs them without a kernel.

use super::{Destination, Input, renamed};
use crate::module::files::{Files, Owner};
use crate::protocol::TransportId;

/// The root of another crate, with only the suites and the files under test.
pub(super) const HOST_ROOT: &str = "host_tests.rs";

/// The text of a fragment.
macro_rules! fragment {
    ($name:literal) => {
        template!("kunit/", $name, ".rs")
    };
}

/// Adds the files.
pub(super) fn add(files: &mut Files, input: &Input<'_>) {
    let own = Owner::Generator;
    files.add("kunit.rs", own, text(input));
    files.add("kunit/examples.rs", own, input.protocol.examples.to_owned());
    if input.destination == Destination::OutOfTree {
        let root = template!("host_tests.rs");
        files.add(HOST_ROOT, own, root.to_owned());
    }
}

/// The text of `kunit.rs`.
fn text(input: &Input<'_>) -> String {
    let ids = match input.protocol.transport_id {
        TransportId::None => None,
        TransportId::Fixed(_) => Some(fragment!("ids")),
        TransportId::WithIsid { .. } => Some(fragment!("ids_with_isid")),
    };
    let fragments: Vec<_> = [Some(fragment!("head")), Some(fragment!("names")), ids]
        .into_iter()
        .flatten()
        .collect();
    renamed(&fragments.join("\n"), input)
}
