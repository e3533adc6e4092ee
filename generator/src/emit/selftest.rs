// SPDX-License-Identifier: GPL-2.0-only

//! `selftest.sh`, made of the template and port names of the protocol; and `config`, the kernel's
//! configuration for the test.

use super::build_files::depends_on;
use super::rust::wrap;
use super::{Input, renamed};
use crate::names::Names;

/// The name of the test's file.
pub(super) const FILE: &str = "selftest.sh";

const HEAD: &str = template!("build/selftest.head.sh");
const TAIL: &str = template!("build/selftest.tail.sh");

/// The kselftest's directory, as in `TARGETS`.
pub(super) fn collection(names: &Names) -> String {
    format!("drivers/target/{}", names.module())
}

/// The text of `selftest.sh`.
pub(super) fn text(input: &Input<'_>) -> String {
    let protocol = input.protocol;
    let of_ports = || [protocol.refused, protocol.other_spellings].concat();
    let refused_initiators = input.data_path.refused_initiators;
    let refused_initiators = refused_initiators.map_or_else(of_ports, <[_]>::to_vec);
    let settings = [
        ("wwn", protocol.example.to_owned()),
        ("other_wwn", protocol.other_example.to_owned()),
        ("initiator", protocol.initiator_example.to_owned()),
        ("refused_names", protocol.refused.join(" ")),
        ("other_spellings", protocol.other_spellings.join(" ")),
        ("refused_initiators", refused_initiators.join(" ")),
    ];
    let settings = settings.map(|(key, value)| wrapped(&format!("{key}=\"{value}\"")) + "\n");
    renamed(HEAD, input) + &settings.concat() + TAIL
}

/// The text of `config`: the symbols that the test and the module need.
pub(super) fn config(input: &Input<'_>) -> String {
    let mut text = "CONFIG_MODULES=y\nCONFIG_MODULE_UNLOAD=y\n".to_owned();
    for symbol in depends_on(input) {
        text.push_str(&format!("CONFIG_{symbol}=y\n"));
    }
    text.push_str(&format!("CONFIG_{}=m\n", input.names.kconfig()));
    text
}

/// Wraps a long line with backslashes, which the shell joins within quotes.
fn wrapped(line: &str) -> String {
    wrap(line, 78).join(" \\\n")
}
