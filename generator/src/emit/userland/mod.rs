// SPDX-License-Identifier: GPL-2.0-only

//! A module's part in LIO's userland: the fabric's class for rtslib, the files that install it, and
//! the patch for rtslib's own source.
//!
//! Only a module with a directory of its own has these: the kernel's tree takes no files of rtslib's.
//! The class is the same wherever the module lies.

mod names;

use super::{Input, renamed};
use crate::module::files::{Files, Owner};
use crate::protocol::NameForm;

/// The text of a template.
macro_rules! text {
    ($path:literal) => {
        include_str!(concat!("../../../../kernel-template/userland/", $path))
    };
}

const CLASS_HEAD: &str = text!("fabric_class/head.py");
const CLASS: &str = text!("fabric_class/class.py");
const CLASS_TAIL: &str = text!("fabric_class/tail.py");
const PATCH_HEAD: &str = text!("patch.head");

/// The context of the patch: the lines before the class, the first rows of the table, and the last.
const BEFORE_CLASS: &str = "             yield name[name.find(\"@\") + 1:]\n \n \n";
const BEFORE_TABLE: &str = " fabric_modules = {
     \"srpt\": SRPTFabricModule,
     \"iscsi\": ISCSIFabricModule,
";
const TABLE: &str = "     \"vhost\": VhostFabricModule,
     \"xen-pvscsi\": XenPvScsiFabricModule,
     \"ibmvscsis\": IbmvscsisFabricModule,
+    \"nab5000\": TcmNab5000FabricModule,
     }
 
 #
";

/// The types of names that rtslib can make up.
const RANDOM_TYPES: [&str; 3] = ["eui", "iqn", "naa"];

/// The feature that has rtslib make up an initiator for each portal group.
const NEXUS: &str = "nexus";

/// Adds the files.
pub(super) fn add(files: &mut Files, input: &Input<'_>) {
    let package = "userland/rtslib_tcm_nab5000";
    for (path, text) in [
        (
            format!("{package}.pth"),
            text!("rtslib_tcm_nab5000.pth").to_owned(),
        ),
        (
            format!("{package}/__init__.py"),
            text!("rtslib_tcm_nab5000/__init__.py").to_owned(),
        ),
        (format!("{package}/fabric_class.py"), module(input)),
        ("userland/rtslib-fb.patch".to_owned(), patch(input)),
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
    // Without a name to give it, rtslib would not get beyond the portal group: somebody else is to
    // write the nexus.
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

/// A patch to rtslib's source, with the words of a commit before it. Who sends it is its author, and
/// signs it off, so it is no mail for `git am`.
fn patch(input: &Input<'_>) -> String {
    let class: String = class(input)
        .lines()
        .map(|line| format!("+{line}\n"))
        .collect();
    let added = class.lines().count() + 2;
    let (first, second) = (
        format!("@@ -518,6 +518,{} @@\n", 6 + added),
        format!("@@ -531,6 +{},7 @@\n", 531 + added),
    );
    [
        PATCH_HEAD,
        &first,
        BEFORE_CLASS,
        &class,
        "+\n+\n",
        BEFORE_TABLE,
        &second,
        TABLE,
    ]
    .concat()
}
