// SPDX-License-Identifier: GPL-2.0-only

//! Names of ports in rtslib, compared with the names that the module accepts.

use std::fs;

use serde_json::json;
use tcm_mod_builder::protocol::Protocol;
use xtask::codec::codec;
use xtask::shell::checkout;

use super::python;

/// Python program that converts names with the class, for a target and for a node ACL as rtslib does:
/// to the kernel's form, or to a list with a reason; and names of the kernel to rtslib's form.
pub(crate) const NAMES: &str = "
import json, sys
import rtslib_fb
from rtslib_fb.utils import RTSLibError, normalize_wwn
fabric = rtslib_fb.FabricModule('x')
def tried(action):
    try:
        return action()
    except RTSLibError as error:
        return [str(error)]
names = {}
for name in json.load(sys.stdin):
    target = tried(lambda: fabric.to_fabric_wwn(fabric.to_normalized_wwn(name)[0]))
    acl = tried(lambda: fabric.to_fabric_wwn(normalize_wwn(fabric.wwn_types, name)[0]))
    known = fabric.from_fabric_wwn(name)
    back = tried(lambda: normalize_wwn(fabric.wwn_types, known)[0])
    names[name] = dict(target=target, acl=acl, known=known, back=back,
                       kernel=tried(lambda: fabric.to_fabric_wwn(known)))
print(json.dumps(names))";

/// Names of a protocol, right and wrong: the row's, and what is a character away from them.
fn candidates(protocol: &Protocol) -> Vec<String> {
    let examples = [
        protocol.example,
        protocol.other_example,
        protocol.initiator_example,
    ];
    let mut names: Vec<String> = examples
        .iter()
        .chain(protocol.other_spellings)
        .chain(protocol.refused)
        .map(|name| (*name).to_owned())
        .collect();
    for name in examples {
        for at in 0..name.len() {
            let (before, after) = (&name[..at], &name[at + 1..]);
            names.push(format!("{before}{after}"));
            for other in [
                "0", "8", "9", "f", "g", "G", "_", ".", ":", "-", " ", "/", "٣",
            ] {
                names.push(format!("{before}{other}{after}"));
                names.push(format!("{before}{other}{}", &name[at..]));
            }
        }
    }
    names.push("iqn.".to_owned() + &"a".repeat(219));
    names.push("iqn.".to_owned() + &"a".repeat(220));
    names.extend(["", "naa.", "-1", "spi.-1.1", "spi.65535.65535"].map(ToOwned::to_owned));
    names
}

/// Checks what the class makes of names against the module's own file: it sends the kernel no name that
/// is refused there, and knows all that are accepted.
pub(crate) fn check_names(protocol: &Protocol, before: &str) {
    let codec = codec(protocol.name).unwrap();
    let names = candidates(protocol);
    let answers = python(before, NAMES, &json!(names));
    let mut accepted = 0;
    for name in &names {
        let answer = &answers[name];
        for kind in ["target", "acl"] {
            match answer[kind].as_str() {
                Some(sent) => assert!(codec.is_canonical(sent.as_bytes()), "{name}: {answer}"),
                None => assert!(
                    answer[kind][0].as_str().unwrap().contains(": want "),
                    "{name}: {answer}"
                ),
            }
        }
        if codec.is_canonical(name.as_bytes()) {
            accepted += 1;
            assert_eq!(answer["kernel"], json!(name), "{answer}");
            assert_eq!(answer["back"], answer["known"], "{answer}");
        }
    }
    assert!(accepted > 10, "{accepted} names of {}", protocol.name);
    // A user need not know the kernel's spelling.
    assert_eq!(answers[protocol.example]["acl"], json!(protocol.example));
}

/// Checks that the page for users has the names as targetcli has them, where they are not the kernel's,
/// and what it says of a wrong one.
pub(crate) fn check_page(protocol: &Protocol, before: &str) {
    let page = fs::read_to_string(checkout().join("generator/doc/userland.md")).unwrap();
    let wrong = "iqn.foo_bar";
    let names = [protocol.example, protocol.initiator_example, wrong];
    let answers = python(before, NAMES, &json!(names));
    let is_there = |name: &str| {
        let known = answers[name]["known"].as_str().unwrap();
        let row = format!("| `{}` | `{known}` | `{name}` |\n", protocol.name);
        known == name || page.contains(&row)
    };
    assert!(names[..2].iter().any(|name| is_there(name)), "{answers}");
    let reason = answers[wrong]["target"][0].as_str().unwrap();
    assert_eq!(page.contains(reason), protocol.name == "iSCSI", "{reason}");
}
