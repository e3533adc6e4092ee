// SPDX-License-Identifier: GPL-2.0-only

//! `selftest.sh`: the template's, with the names of the module and the protocol in its first lines.

use crate::names::Names;
use crate::protocol::Protocol;

const SELFTEST: &str = include_str!("../../../kernel-template/selftest.sh");

/// The text of `selftest.sh`.
pub(super) fn text(names: &Names, protocol: &Protocol) -> String {
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
            Some((key, value)) => text.push_str(&format!("{key}=\"{value}\"")),
            None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}
