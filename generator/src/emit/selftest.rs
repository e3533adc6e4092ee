// SPDX-License-Identifier: GPL-2.0-only

//! `selftest.sh`: the template's, with the names of the module and the protocol in its first lines.
//! And `config`, the kernel's configuration that the test needs.

use super::Input;
use super::build_files::depends_on;

/// The name of the file.
pub(super) const FILE: &str = "selftest.sh";

const SELFTEST: &str = include_str!("../../../kernel-template/selftest.sh");

/// The text of `selftest.sh`.
pub(super) fn text(input: &Input<'_>) -> String {
    let Input {
        names, protocol, ..
    } = input;
    let settings = [
        ("module", names.module().to_owned()),
        ("fabric", names.fabric().to_owned()),
        ("wwn", protocol.example.to_owned()),
        ("other_wwn", protocol.other_example.to_owned()),
        ("initiator", protocol.initiator_example.to_owned()),
        ("refused_names", protocol.refused.join(" ")),
        ("other_spellings", protocol.other_spellings.join(" ")),
    ];
    let mut text = String::new();
    for line in SELFTEST.lines() {
        let setting = settings.iter().find(|(key, _)| {
            line.strip_prefix(key)
                .is_some_and(|rest| rest.starts_with("=\""))
        });
        match setting {
            Some((key, value)) => text.push_str(&wrapped(&format!("{key}=\"{value}\""))),
            None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

/// The text of `config`: the symbols without which the test is skipped, or the module not built.
pub(super) fn config(input: &Input<'_>) -> String {
    let mut text = "CONFIG_MODULES=y\nCONFIG_MODULE_UNLOAD=y\n".to_owned();
    for symbol in depends_on(input) {
        text.push_str(&format!("CONFIG_{symbol}=y\n"));
    }
    text.push_str(&format!("CONFIG_{}=m\n", input.names.kconfig()));
    text
}

/// Breaks a line between words where it is too long: in quotes, the shell takes it as one.
fn wrapped(line: &str) -> String {
    const WIDTH: usize = 78;
    let (mut out, mut width) = (String::new(), 0);
    for word in line.split(' ') {
        if width != 0 && width + 1 + word.len() > WIDTH {
            out.push_str(" \\\n");
            width = 0;
        } else if width != 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += word.len();
    }
    out
}
