// SPDX-License-Identifier: GPL-2.0-only

//! A module's part in LIO's userland: the fabric's class for rtslib, and the files that install it.
//!
//! Only an out-of-tree module has these: the kernel's tree takes no files of rtslib's. The class is the
//! same for an in-tree module.

mod names;

use super::{Input, renamed};
use crate::module::files::{Files, Owner};
use crate::protocol::NameForm;

const CLASS_HEAD: &str = template!("userland/fabric_class/head.py");
const CLASS: &str = template!("userland/fabric_class/class.py");
const CLASS_TAIL: &str = template!("userland/fabric_class/tail.py");

/// Types of names that rtslib can generate.
const RANDOM_TYPES: [&str; 3] = ["eui", "iqn", "naa"];

/// The feature for which rtslib generates an initiator for each portal group.
const NEXUS: &str = "nexus";

/// Adds the files.
pub(super) fn add(files: &mut Files, input: &Input<'_>) {
    let package = "userland/rtslib_tcm_nab5000";
    for (path, text) in [
        (
            format!("{package}.pth"),
            template!("userland/rtslib_tcm_nab5000.pth").to_owned(),
        ),
        (
            format!("{package}/__init__.py"),
            template!("userland/rtslib_tcm_nab5000/__init__.py").to_owned(),
        ),
        (format!("{package}/fabric_class.py"), module(input)),
    ] {
        let (path, text) = (renamed(&path, input), renamed(&text, input));
        files.add(&path, Owner::GeneratorUntilEdited, text);
    }
}

/// The Python module of the class.
fn module(input: &Input<'_>) -> String {
    let helper = match input.protocol.name_form {
        NameForm::Bytes(_) => "from .utils import colonize\n",
        _ => "",
    };
    [CLASS_HEAD, helper, "\n\n", &class(input), CLASS_TAIL].concat()
}

/// The class.
fn class(input: &Input<'_>) -> String {
    let protocol = input.protocol;
    let rtslib = &input.data_path.rtslib;
    // rtslib fails to make a portal group with this feature if it cannot generate a name.
    let has_names = protocol
        .rtslib_types
        .first()
        .is_some_and(|name| RANDOM_TYPES.contains(name));
    let features: Vec<_> = rtslib
        .features
        .iter()
        .filter(|feature| **feature != NEXUS || has_names)
        .collect();
    let types: Vec<_> = protocol.rtslib_types.iter().chain(&["free"]).collect();
    let settings = format!(
        "        self.features = {}
        # Free: rtslib knows not all names that the kernel takes. to_fabric_wwn does.
        self.wwn_types = {}\n\n",
        tuple(&features),
        tuple(&types),
    );
    [CLASS, &settings, &names::methods(protocol), rtslib.methods].concat()
}

/// A tuple of strings, in Python.
fn tuple(words: &[&&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.as_slice() {
        [word] => format!("({word},)"),
        words => format!("({})", words.join(", ")),
    }
}
